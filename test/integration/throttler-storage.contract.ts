import { randomUUID } from 'node:crypto'

import { expect, it } from '@jest/globals'
import type { ThrottlerStorage } from '@nestjs/throttler'

import { Clock } from '../../src/common/clock.js'

const MINUTE_MS = 60_000

/** Stands still until the test moves it. */
export class StoppedClock extends Clock {
  milliseconds = 1_764_000_000_000

  override now(): number {
    return this.milliseconds
  }
}

/** What every storage must do that counts requests. Each test counts somebody of its own. */
export function throttlerStorageContract(create: (clock: Clock) => Promise<ThrottlerStorage>) {
  async function begin() {
    const clock = new StoppedClock()
    const storage = await create(clock)
    const somebody = randomUUID()
    const hit = (key = somebody, limit = 3) => storage.increment(key, MINUTE_MS, limit, 0, '')
    return { clock, hit, storage }
  }

  it('blocks the hit after the last that is allowed, and says how long', async () => {
    const { clock, hit } = await begin()

    expect(await hit()).toMatchObject({ totalHits: 1, isBlocked: false, timeToExpire: 60 })
    clock.milliseconds += 10_000
    expect(await hit()).toMatchObject({ totalHits: 2, isBlocked: false, timeToExpire: 50 })
    expect(await hit()).toMatchObject({ totalHits: 3, isBlocked: false })
    expect(await hit()).toEqual({
      totalHits: 4,
      isBlocked: true,
      timeToExpire: 50,
      timeToBlockExpire: 50,
    })
  })

  it('forgets each hit a minute after it was made, not all at once', async () => {
    const { clock, hit } = await begin()
    await hit()
    clock.milliseconds += 30_000
    await hit()
    await hit()

    clock.milliseconds += 30_000
    expect(await hit()).toMatchObject({ totalHits: 3, isBlocked: false })
    expect(await hit()).toMatchObject({ isBlocked: true, timeToBlockExpire: 30 })
  })

  it('says the whole seconds within which the next hit is taken', async () => {
    const { clock, hit } = await begin()
    for (let i = 0; i < 3; i++) await hit()
    clock.milliseconds += MINUTE_MS - 1

    expect(await hit()).toMatchObject({ isBlocked: true, timeToBlockExpire: 1 })
    clock.milliseconds += 1
    expect(await hit()).toMatchObject({ totalHits: 1, isBlocked: false, timeToExpire: 60 })
  })

  it('does not count what it blocks', async () => {
    const { clock, hit } = await begin()
    for (let i = 0; i < 10; i++) await hit()

    clock.milliseconds += MINUTE_MS
    expect(await hit()).toMatchObject({ totalHits: 1, isBlocked: false })
  })

  it('counts every key by itself', async () => {
    const { hit } = await begin()
    for (let i = 0; i < 4; i++) await hit()

    expect(await hit(randomUUID())).toMatchObject({ totalHits: 1, isBlocked: false })
  })

  it('counts on when the clock goes back', async () => {
    const { clock, hit } = await begin()
    await hit()
    clock.milliseconds -= 3_600_000

    expect(await hit()).toMatchObject({ totalHits: 2, isBlocked: false })
  })

  it('counts an hour as it does a minute', async () => {
    const { clock, storage } = await begin()
    const key = randomUUID()
    const hit = () => storage.increment(key, 60 * MINUTE_MS, 1, 0, '')
    await hit()
    clock.milliseconds += 59 * MINUTE_MS

    expect(await hit()).toMatchObject({ isBlocked: true, timeToBlockExpire: 60 })
  })

  it('lets through as many of a hundred at once as are allowed, and no more', async () => {
    const { hit } = await begin()
    const key = randomUUID()

    const hits = await Promise.all(Array.from({ length: 100 }, () => hit(key, 30)))

    expect(hits.filter(({ isBlocked }) => !isBlocked)).toHaveLength(30)
    const counts = hits.filter(({ isBlocked }) => !isBlocked).map(({ totalHits }) => totalHits)
    expect(counts.sort((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, n) => n + 1))
  })
}
