import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'

import { Clock } from '../common/clock.js'
import { MemoryThrottlerStorage } from './throttler-storage.memory.js'

const MINUTE_MS = 60_000

class StoppedClock extends Clock {
  milliseconds = 1_000_000

  override now(): number {
    return this.milliseconds
  }
}

describe('counting in memory', () => {
  let clock: StoppedClock
  let storage: MemoryThrottlerStorage

  beforeEach(() => {
    clock = new StoppedClock()
    storage = new MemoryThrottlerStorage(clock)
  })

  afterEach(() => storage.onApplicationShutdown())

  const hit = (key = 'somebody', limit = 3) => storage.increment(key, MINUTE_MS, limit)

  it('blocks the hit after the last that is allowed, and says how long', async () => {
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
    await hit()
    clock.milliseconds += 30_000
    await hit()
    await hit()

    clock.milliseconds += 30_000
    expect(await hit()).toMatchObject({ totalHits: 3, isBlocked: false })
    expect(await hit()).toMatchObject({ isBlocked: true, timeToBlockExpire: 30 })
  })

  it('does not count what it blocks', async () => {
    for (let i = 0; i < 10; i++) await hit()

    clock.milliseconds += MINUTE_MS
    expect(await hit()).toMatchObject({ totalHits: 1, isBlocked: false })
  })

  it('counts every key by itself', async () => {
    for (let i = 0; i < 4; i++) await hit('one')

    expect(await hit('other')).toMatchObject({ totalHits: 1, isBlocked: false })
  })

  it('counts on when the clock goes back', async () => {
    await hit()
    clock.milliseconds -= 3_600_000

    expect(await hit()).toMatchObject({ totalHits: 2, isBlocked: false })
  })
})
