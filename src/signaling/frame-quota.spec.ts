import { describe, expect, it } from '@jest/globals'

import { FrameQuota } from './frame-quota.js'

const rates = { isEnabled: true, framesPerSecond: 50, burst: 200 }

describe('a frame quota', () => {
  it('takes a burst, and then as many as the rate refills', () => {
    const quota = new FrameQuota(rates, 0)
    const take = (now: number): number => {
      let taken = 0
      while (quota.takeFrame(now)) taken++
      return taken
    }

    expect([take(0), take(1_000), take(1_100), take(60_000)]).toEqual([200, 50, 5, 200])
  })

  it('says in whole seconds when it takes a frame again', () => {
    const quota = new FrameQuota({ ...rates, framesPerSecond: 0.1, burst: 1 }, 0)
    quota.takeFrame(0)
    quota.takeFrame(0)

    expect(quota.retryAfterSeconds).toBe(10)
  })

  it('forgives sixty errors a minute', () => {
    const quota = new FrameQuota(rates, 0)
    const tolerated = Array.from({ length: 61 }, () => quota.takeError(0))

    expect(tolerated).toEqual([...Array<boolean>(60).fill(true), false])
    expect(new FrameQuota({ ...rates, isEnabled: false }, 0).takeError(0)).toBe(true)
  })

  it('is not confused by a clock that goes back', () => {
    const quota = new FrameQuota({ ...rates, burst: 1 }, 1_000)
    quota.takeFrame(1_000)

    expect(quota.takeFrame(0)).toBe(false)
  })
})
