import { describe, expect, it } from '@jest/globals'

import { ReplicaLag } from './replica-lag.js'

describe('how far a replica is behind', () => {
  it('is nothing while it has all that the primary was seen to have', () => {
    const lag = new ReplicaLag()
    expect(lag.msBehind(5, 0)).toBe(0)
    lag.mark(10, 0)
    expect(lag.msBehind(10, 9_000)).toBe(0)
  })

  it('is nothing while the primary is idle, however long', () => {
    const lag = new ReplicaLag()
    for (const now of [0, 2_000, 4_000, 3_600_000]) {
      lag.mark(10, now)
      expect(lag.msBehind(10, now)).toBe(0)
    }
  })

  it('is the time since the first that it lacks was seen', () => {
    const lag = new ReplicaLag()
    lag.mark(10, 0)
    lag.mark(20, 2_000)
    lag.mark(20, 3_000)
    lag.mark(30, 4_000)
    expect(lag.msBehind(9, 5_000)).toBe(5_000)
    expect(lag.msBehind(15, 5_000)).toBe(3_000)
    expect(lag.msBehind(20, 5_000)).toBe(1_000)
    expect(lag.msBehind(30, 5_000)).toBe(0)
  })

  it('is still known of one that has been stuck for a day, and falls as it catches up', () => {
    const lag = new ReplicaLag()
    const day = 86_400_000
    for (let now = 0; now <= day; now += 2_000) lag.mark(now, now)
    expect(lag.msBehind(0, day)).toBeGreaterThan(100_000)
    expect(lag.msBehind(day - 3_000, day)).toBe(2_000)
  })

  it('is seen anew when the primary is restored to an earlier position', () => {
    const lag = new ReplicaLag()
    lag.mark(100, 0)
    lag.mark(10, 1_000)
    expect(lag.msBehind(10, 9_000)).toBe(0)
  })
})
