import { describe, expect, it } from '@jest/globals'

import { nodeIdSchema } from '../identity/node-id.js'
import { Holding } from './holding.js'

const NODE = nodeIdSchema.parse('dpc-node-0123456789abcdef')
/** Between these two in the order of ids, which decides between equal stamps. */
const [LOW, OWN, HIGH] = ['1111', '5555', '9999']
const SECOND = 1_000_000

/** A node whose connection came at 10 ms by the local clock, and at `stamp` by the carrier's. */
function held(stamp: number | null = 5 * SECOND, askedAt = 10, since = 10): Holding {
  const holding = new Holding(OWN, NODE, 'place', since)
  if (stamp !== null) holding.stampedAt(stamp, askedAt)
  return holding
}

describe('a node that is held here', () => {
  it('is ours once our own claim is heard, and not by that of a former connection', () => {
    const holding = held()
    let isDecided = false
    holding.onDecided(() => (isDecided = true))

    expect([holding.settle(4 * SECOND), holding.isOurs, isDecided]).toEqual([false, false, false])
    expect([holding.settle(5 * SECOND), holding.isOurs, isDecided]).toEqual([true, true, true])
  })

  it.each([
    ['earlier', 5 * SECOND - 1, HIGH, 'stays'],
    ['at the same time, with the smaller id', 5 * SECOND, LOW, 'stays'],
    ['at the same time, with the greater id', 5 * SECOND, HIGH, 'replaced'],
    ['later', 5 * SECOND + 1, LOW, 'replaced'],
  ] as const)('and claimed by another %s: %#', (_when, stamp, instance, verdict) => {
    const holding = held()
    holding.settle(5 * SECOND)

    holding.hear([stamp, instance])

    expect(holding.isOurs).toBe(verdict === 'stays')
    expect(holding.decide(false)).toBe(verdict)
  })

  it('compares the latest of several claims, and each only once', () => {
    const holding = held()
    holding.hear([4 * SECOND, HIGH])
    holding.hear([6 * SECOND, HIGH])
    holding.hear([3 * SECOND, HIGH])

    expect([holding.decide(false), holding.decide(false)]).toEqual(['replaced', 'stays'])
  })

  it('compares a claim that comes before the own stamp when that is there', () => {
    const holding = held(null)
    holding.asking = 1
    holding.hear([5 * SECOND, HIGH])
    expect([holding.isDecidable, holding.decide(false)]).toEqual([false, 'stays'])

    holding.hear([5 * SECOND, HIGH])
    holding.stampedAt(4 * SECOND, 10)
    expect(holding.isDecidable).toBe(false)
    holding.asking = 0

    expect([holding.isDecidable, holding.decide(false)]).toEqual([true, 'replaced'])
  })

  it('is not ours by its own claim while another one waits to be compared', () => {
    const holding = held()
    holding.hear([4 * SECOND, LOW])

    expect([holding.settle(5 * SECOND), holding.isOurs]).toEqual([false, false])
    holding.decide(false)
    expect(holding.settle(5 * SECOND)).toBe(true)
  })

  it('stays, with a later stamp, if what it hears was claimed before the clock was set back', () => {
    const now = performance.now()
    const holding = held(5 * SECOND, now, now)

    holding.hear([3_600 * SECOND, HIGH])

    expect(holding.isOurs).toBe(false)
    expect(holding.decide(false)).toBe('stays_anew')
    expect(holding.stamp).toBe(3_600 * SECOND + 1)
    expect([holding.settle(3_600 * SECOND + 1), holding.isOurs]).toEqual([true, true])
  })

  it('lets a claim far ahead replace one that has stood for a while', () => {
    const before = performance.now() - 2_000
    const holding = held(5 * SECOND, before, before)

    holding.hear([3_600 * SECOND, HIGH])

    expect(holding.decide(false)).toBe('replaced')
  })

  it('counts from when its connection came, however late the carrier was asked', () => {
    const holding = held(60 * SECOND, 10 + 20_000)

    expect(holding.stamp).toBe(40 * SECOND)
  })

  it.each([
    ['told late, by a moment', held(), true, 5.9, 'maybe_newer'],
    ['told late, by long', held(), true, 6.1, 'replaced'],
    ['told in time', held(), false, 5.9, 'replaced'],
    [
      'with a stamp of its own that is guessed',
      held(25 * SECOND, 20_010),
      false,
      5.9,
      'maybe_newer',
    ],
  ] as const)(
    'may be the newer one if it lost narrowly, %s',
    (_how, holding, isLate, at, verdict) => {
      holding.hear([at * SECOND, HIGH])

      expect(holding.decide(isLate)).toBe(verdict)
    },
  )
})
