import { describe, expect, it } from '@jest/globals'

import { Freshness } from './freshness.js'

const MINUTE = 60_000

describe('a message from another instance', () => {
  it('is fresh if it took no 1.5 s longer than the quickest, whatever the clocks say', () => {
    const freshness = new Freshness()
    // Its clock is 10 s behind ours, and the way takes 2 ms.
    expect(freshness.isFresh(1_000, 11_002)).toBe(true)
    expect(freshness.isFresh(2_000, 13_500)).toBe(true)
    expect(freshness.isFresh(2_001, 13_503)).toBe(true)
    expect(freshness.isFresh(2_002, 13_505)).toBe(false)
    expect(freshness.isFresh(1_000, 71_000)).toBe(false)
  })

  it('that is the first of all is fresh: nothing is known yet', () => {
    expect(new Freshness().isFresh(5_000, 1)).toBe(true)
  })

  it('is measured anew when a quicker one comes', () => {
    const freshness = new Freshness()
    freshness.isFresh(0, 5_000)
    expect(freshness.isFresh(1_000, 1_000)).toBe(true)
    expect(freshness.isFresh(1_001, 6_001)).toBe(false)
  })

  it('may take longer when the quickest was ten minutes ago: clocks drift', () => {
    const freshness = new Freshness()
    freshness.isFresh(0, 0)
    freshness.isFresh(6 * MINUTE, 6 * MINUTE + 1_000)
    expect(freshness.isFresh(9 * MINUTE, 9 * MINUTE + 2_000)).toBe(false)
    freshness.isFresh(11 * MINUTE, 11 * MINUTE + 1_000)
    expect(freshness.isFresh(11 * MINUTE + 1, 11 * MINUTE + 2_001)).toBe(true)
  })

  it('after a long silence is the first again', () => {
    const freshness = new Freshness()
    freshness.isFresh(0, 0)
    expect(freshness.isFresh(60 * MINUTE, 60 * MINUTE + 9_000)).toBe(true)
  })
})
