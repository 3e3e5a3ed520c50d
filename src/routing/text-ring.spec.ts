import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'

import { SentBudget } from './sent-frames.js'
import { ENTRY_BYTES, TextRing } from './text-ring.js'

const MAX = 8_192

function ring(budget = new SentBudget(1_000_000)): { ring: TextRing<number>; dropped: number[] } {
  const dropped: number[] = []
  return { ring: new TextRing<number>(MAX, budget, (label) => dropped.push(label)), dropped }
}

describe('a ring of texts', () => {
  it('drops the oldest when there is no more room, and tells which', () => {
    const { ring: texts, dropped } = ring()
    for (let n = 1; n <= 5; n++) expect(texts.push('x'.repeat(2_000), n)).toBe(true)

    expect(dropped).toEqual([1])
    expect(texts.entries().map(({ label }) => label)).toEqual([2, 3, 4, 5])
  })

  it('keeps nothing that is larger than all of it', () => {
    const { ring: texts, dropped } = ring()
    texts.push('a', 1)

    expect(texts.push('x'.repeat(MAX + 1), 2)).toBe(false)
    expect([dropped, texts.count]).toEqual([[1], 0])
  })

  it('gives back what it does not need', () => {
    const budget = new SentBudget(1_000_000)
    const { ring: texts } = ring(budget)
    for (let n = 0; n < 4; n++) texts.push('x'.repeat(2_000), n)
    expect(budget.bytes).toBe(MAX + 4 * ENTRY_BYTES)
    for (let n = 0; n < 3; n++) texts.drop()
    texts.fit()
    expect([budget.bytes, texts.entries()]).toEqual([
      2_048 + ENTRY_BYTES,
      [{ label: 3, text: 'x'.repeat(2_000) }],
    ])

    texts.clear()
    expect(budget.bytes).toBe(0)
  })

  it('holds the newest texts, whole and in their order, whatever was pushed and dropped', () => {
    const step = fc.oneof(
      { weight: 5, arbitrary: fc.record({ push: fc.integer({ min: 1, max: 3_000 }) }) },
      fc.constant({ push: null }),
      fc.constant({ push: 0 }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), fc.nat(MAX), (steps, left) => {
        const budget = new SentBudget(left)
        const { ring: texts, dropped } = ring(budget)
        let pushed: { label: number; text: string }[] = []
        let next = 0
        for (const { push } of steps) {
          if (push === null) texts.drop()
          else if (push === 0) texts.fit()
          else {
            const text = `${next}ж`.padEnd(push, 'é')
            if (texts.push(text, next)) pushed.push({ label: next, text })
            next++
          }
          pushed = pushed.filter(({ label }) => !dropped.includes(label))
          expect(texts.entries()).toEqual(pushed)
          expect(texts.size).toBe(budget.bytes)
          expect(texts.size - pushed.length * ENTRY_BYTES).toBeLessThanOrEqual(MAX)
        }
      }),
      { numRuns: 200 },
    )
  })
})
