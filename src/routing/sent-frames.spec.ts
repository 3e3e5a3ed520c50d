import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'

import { SentFrames } from './sent-frames.js'

const texts = (missed: readonly { text: string }[] | null) => missed?.map(({ text }) => text)

function sentSignals(...signals: string[]): SentFrames {
  const sent = new SentFrames('c')
  for (const signal of signals) sent.keepSignal(signal, 0)
  return sent
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
    const sent = new SentFrames('c')
    sent.continueAfter(41)
    sent.keepSignal('a', 0)

    expect(sent.nextSeq).toBe(43)
    expect(texts(sent.after(41))).toEqual(['a'])
    expect(sent.after(40)).toBeNull()
  })

  it('never goes back to numbers that its client has seen', () => {
    const sent = sentSignals('a', 'b')
    sent.continueAfter(1)

    expect(sent.nextSeq).toBe(3)
  })

  it('holds no more than 256 frames and 256 Ki characters, and what it holds has no gap', () => {
    const step = fc.record({
      isSignal: fc.boolean(),
      length: fc.oneof(fc.nat(200), fc.integer({ min: 20_000, max: 65_536 })),
      pause: fc.nat(2_000),
      isTrimmed: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
        const sent = new SentFrames('c')
        let now = 0
        let signals = 0
        for (const { isSignal, length, pause, isTrimmed } of steps) {
          now += pause
          const text = `${isSignal ? ++signals : signals}:`.padEnd(length, 'x')
          if (isSignal) sent.keepSignal(text, now)
          else sent.keepAnswer(text, now)
          if (isTrimmed) sent.trim(now)
          if (sent.size > 262_144) return false
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
