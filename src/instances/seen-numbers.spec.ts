import { describe, expect, it } from '@jest/globals'

import { SeenNumbers } from './seen-numbers.js'

describe('the numbers of a sender', () => {
  it('are new once, in whatever order they come', () => {
    const seen = new SeenNumbers()
    const order = [1, 5, 3, 2, 100_000, 4, 99_999]
    expect(order.map((number) => seen.add(number))).toEqual(order.map(() => true))
    expect(order.map((number) => seen.add(number))).toEqual(order.map(() => false))
  })

  it('that are far behind are old, and those far ahead new', () => {
    const seen = new SeenNumbers()
    expect(seen.add(1)).toBe(true)
    expect(seen.add(131_073)).toBe(true)
    expect(seen.add(1)).toBe(false)
    expect(seen.add(2)).toBe(true)
    expect(seen.add(10_000_000)).toBe(true)
    expect(seen.add(131_074)).toBe(false)
    expect(seen.add(9_999_999)).toBe(true)
  })
})
