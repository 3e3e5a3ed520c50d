import { describe, expect, it } from '@jest/globals'

import { planDepartures } from './departures.js'

describe('the departures of the sockets of an instance that stops', () => {
  it('are over within ten seconds while others take them, however many they are', () => {
    const plan = planDepartures(19_000, false)
    const last = plan.at(-1)?.atMs ?? 0

    expect(plan).toHaveLength(19_000)
    expect(last).toBeLessThanOrEqual(10_000)
    // Spread evenly: half of them go in the first half of the time.
    const early = plan.filter(({ atMs }) => atMs < last / 2).length
    expect(early / plan.length).toBeCloseTo(0.5, 1)
  })

  it('are over within two seconds when nobody else can serve them', () => {
    expect(planDepartures(19_000, true).at(-1)?.atMs).toBeLessThanOrEqual(2_000)
  })

  it('take a moment for a few sockets, and none without any', () => {
    expect(planDepartures(3, false).at(-1)?.atMs).toBeLessThanOrEqual(15)
    expect(planDepartures(0, false)).toEqual([])
  })

  it('say different times to come back: at once where others are, else when the hub is back', () => {
    const elsewhere = planDepartures(1_000, false).map((each) => each.reconnectAfterMs)
    const here = planDepartures(10_000, true).map((each) => each.reconnectAfterMs)

    expect(new Set(elsewhere).size).toBeGreaterThan(300)
    expect(Math.max(...elsewhere)).toBeLessThanOrEqual(1_000)
    expect(Math.min(...here)).toBeGreaterThanOrEqual(1_500)
    // A thousand a second.
    expect(Math.max(...here)).toBeGreaterThan(10_000)
    expect(Math.max(...here)).toBeLessThanOrEqual(11_500)
  })

  it('come in the order of their times', () => {
    const times = planDepartures(500, true).map(({ atMs }) => atMs)

    expect(times).toEqual([...times].sort((one, other) => one - other))
  })
})
