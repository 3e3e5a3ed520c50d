import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'

import { editDistance } from './edit-distance.js'

/** Optimal string alignment as its definition says it, without shortcuts. */
function slowDistance(a: readonly string[], b: readonly string[]): number {
  const known = new Map<string, number>()
  const of = (i: number, j: number): number => {
    if (i === 0 || j === 0) return i + j
    const key = `${i},${j}`
    const former = known.get(key)
    if (former !== undefined) return former
    const isSame = a[i - 1] === b[j - 1]
    const ways = [of(i - 1, j) + 1, of(i, j - 1) + 1, of(i - 1, j - 1) + (isSame ? 0 : 1)]
    const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
    if (isSwapped) ways.push(of(i - 2, j - 2) + 1)
    const least = Math.min(...ways)
    known.set(key, least)
    return least
  }
  return of(a.length, b.length)
}

describe('the distance of two words', () => {
  it.each([
    ['python', 'python', 0],
    ['python', 'pyton', 1],
    ['python', 'pythonn', 1],
    ['python', 'pithon', 1],
    ['python', 'pyhton', 1],
    ['python', 'pyhtn', 2],
    ['kubernetes', 'kuberntes', 1],
    ['', 'ab', 2],
    ['日本語', '日本', 1],
    ['a😀b', 'a😁b', 1],
    ['ca', 'abc', 3],
  ])('%s and %s: %d', (one, other, distance) => {
    expect(editDistance(one, other, 5)).toBe(distance)
    expect(editDistance(other, one, 5)).toBe(distance)
  })

  it('is what the slow way says, or one more than the most that was asked for', () => {
    const word = fc.array(fc.constantFrom('a', 'b', 'c', 'я', '😀'), { maxLength: 9 })
    fc.assert(
      fc.property(word, word, fc.integer({ min: 0, max: 4 }), (one, other, most) => {
        const expected = Math.min(slowDistance(one, other), most + 1)
        expect(editDistance(one.join(''), other.join(''), most)).toBe(expected)
      }),
      { numRuns: 3_000 },
    )
  })
})
