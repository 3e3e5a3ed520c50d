import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'

import { nodeIdSchema } from '../identity/node-id.js'
import { EarlySignals } from './early-signals.js'

const [ONE, OTHER] = ['1', '2'].map((digit) => nodeIdSchema.parse(`dpc-node-${digit.repeat(16)}`))

let given: string[]
let early: EarlySignals<string>

beforeEach(() => {
  jest.useFakeTimers()
  given = []
  early = new EarlySignals((signal) => given.push(signal))
})

afterEach(() => {
  jest.useRealTimers()
})

describe('signals for a node that is about to connect', () => {
  it('are its own when it has, in the order they came, and once', () => {
    for (const signal of ['a', 'b', 'c']) early.hold(ONE!, signal)
    early.hold(OTHER!, 'not its own')

    expect([early.take(ONE!), early.take(ONE!)]).toEqual([['a', 'b', 'c'], []])
    jest.advanceTimersByTime(10_000)
    expect(given).toEqual(['not its own'])
  })

  it('are given up soon if it has not', () => {
    early.hold(ONE!, 'a')
    jest.advanceTimersByTime(200)
    early.hold(ONE!, 'b')
    expect(given).toEqual([])

    jest.advanceTimersByTime(100)

    expect(given).toEqual(['a', 'b'])
    expect(early.take(ONE!)).toEqual([])
  })

  it('are no more than a thousand in all', () => {
    for (let n = 0; n < 1_001; n++) early.hold(n % 2 ? ONE! : OTHER!, String(n))
    expect(given).toEqual(['1000'])

    early.take(ONE!)
    early.hold(ONE!, 'again')
    expect(given).toEqual(['1000'])
  })
})
