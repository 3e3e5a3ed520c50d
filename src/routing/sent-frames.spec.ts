import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'

import { SentBudget, SentFrames } from './sent-frames.js'
import { ENTRY_BYTES } from './text-ring.js'

const texts = (missed: readonly { text: string }[] | null) => missed?.map(({ text }) => text)

function sentSignals(...signals: string[]): SentFrames {
  const sent = new SentFrames('c', new SentBudget(1_000_000))
  for (const signal of signals) sent.keepSignal(signal, 0)
  return sent
}

function heapUsed(): number {
  collectGarbage()
  return process.memoryUsage().heapUsed
}

/** Node keeps it behind a flag; a context made after the flag was set has it. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
}

describe('what a connection was sent', () => {
  it('comes again after the last signal that its client names, in its order', () => {
    const sent = sentSignals('a', 'b', 'c')

    expect(texts(sent.after(0))).toEqual(['a', 'b', 'c'])
    expect(texts(sent.after(2))).toEqual(['c'])
    expect(texts(sent.after(3))).toEqual([])
  })

  it('is not known for a number that was never given', () => {
    expect(sentSignals('a').after(2)).toBeNull()
  })

  it('has the answers that may have come before the last signal too', () => {
    const sent = sentSignals('a')
    sent.keepAnswer('ack 1', 0)
    sent.keepSignal('b', 0)
    sent.keepAnswer('ack 2', 0)

    expect(texts(sent.after(1))).toEqual(['ack 1', 'b', 'ack 2'])
    expect(texts(sent.after(2))).toEqual(['ack 2'])
  })

  it('is not known any more once a signal between is forgotten for its age', () => {
    const sent = sentSignals('a')
    sent.keepSignal('b', 50_000)
    sent.trim(60_001)

    expect(sent.after(0)).toBeNull()
    expect(texts(sent.after(1))).toEqual(['b'])
  })

  it('goes on with the numbers of the connection before it', () => {
    const sent = new SentFrames('c', new SentBudget(1_000_000))
    sent.continueAfter(41)
    sent.keepSignal('a', 0)

    expect(sent.nextSeq).toBe(43)
    expect(texts(sent.after(41))).toEqual(['a'])
    expect(texts(sent.after(0))).toEqual(['a'])
  })

  it('never goes back to numbers that its client has seen', () => {
    const sent = sentSignals('a', 'b')
    sent.continueAfter(1)

    expect(sent.nextSeq).toBe(3)
  })

  it('counts in a budget that all share, and gives back what it forgets', () => {
    const budget = new SentBudget(3 * 1_024 + 2 * ENTRY_BYTES)
    const [one, two] = [new SentFrames('1', budget), new SentFrames('2', budget)]
    one.keepSignal('x'.repeat(1_025), 0)
    two.keepSignal('y'.repeat(1_000), 0)
    expect(budget.bytes).toBe(3 * 1_024 + 2 * ENTRY_BYTES)

    // There is no more: the new one takes the room of the one before.
    two.keepSignal('z'.repeat(1_000), 0)
    expect([two.after(0), texts(two.after(1))]).toEqual([null, ['z'.repeat(1_000)]])
    two.keepSignal('z'.repeat(1_025), 0)
    expect([two.after(1), two.after(2), texts(two.after(3))]).toEqual([null, null, []])
    expect(budget.bytes).toBe(2 * 1_024 + ENTRY_BYTES)
    one.clear()
    expect([budget.bytes, one.after(0)]).toEqual([0, null])
    two.keepSignal('ж', 0)
    expect([budget.bytes, texts(two.after(3))]).toEqual([1_024 + ENTRY_BYTES, ['ж']])
  })

  it('keeps no answer that comes when nobody can come back for it any more', () => {
    const budget = new SentBudget(1_000_000)
    const sent = new SentFrames('c', budget)
    sent.keepSignal('a', 0)
    sent.clear()
    sent.keepAnswer('ack 1', 0)

    expect([budget.bytes, sent.size]).toEqual([0, 0])
  })

  it('holds a frame, not the longer text that the frame is a piece of', () => {
    const budget = new SentBudget(64 * 1_048_576)
    const rings = Array.from({ length: 4 }, () => new SentFrames('c', budget))
    const before = heapUsed()
    for (const ring of rings) {
      for (let at = 0; at < 256; at++) {
        const long = `{"payload":"${'x'.repeat(30)}","pad":"${String(at).repeat(60_000)}"}`
        ring.keepSignal(long.slice(11, 43), 0)
      }
    }
    // 1,024 texts of 60 KB and more would be 60 MB.
    expect(heapUsed() - before).toBeLessThan(20 * 1_048_576)
    expect(rings.map((ring) => ring.after(0)?.length)).toEqual([256, 256, 256, 256])
  })

  it('holds no more than 256 frames and 256 KiB, and what it holds has no gap', () => {
    const step = fc.record({
      isSignal: fc.boolean(),
      length: fc.oneof(fc.nat(200), fc.integer({ min: 20_000, max: 65_536 })),
      pause: fc.nat(2_000),
      isTrimmed: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
        const sent = new SentFrames('c', new SentBudget(1_000_000))
        let now = 0
        let signals = 0
        for (const { isSignal, length, pause, isTrimmed } of steps) {
          now += pause
          const text = `${isSignal ? ++signals : signals}:`.padEnd(length, 'x')
          if (isSignal) sent.keepSignal(text, now)
          else sent.keepAnswer(text, now)
          if (isTrimmed) sent.trim(now)
          if (sent.size > 262_144 + 256 * ENTRY_BYTES) return false
        }
        for (let last = 0; last <= signals; last++) {
          const missed = sent.after(last)
          if (!missed) continue
          const numbers = missed.filter((one) => one.isSignal).map(({ text }) => parseInt(text))
          if (missed.length > 256 || numbers.length !== signals - last) return false
          if (numbers.some((number, at) => number !== last + 1 + at)) return false
        }
        return sent.after(signals) !== null
      }),
      { numRuns: 300 },
    )
  })
})
