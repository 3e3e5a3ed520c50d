import { afterEach, describe, expect, it, jest } from '@jest/globals'

import { Clock } from '../common/clock.js'
import { Suspensions } from './suspensions.js'

/** A machine whose two clocks the test moves. */
function machine() {
  const time = { clock: 1_764_000_000_000, process: 5_000 }
  jest.spyOn(performance, 'now').mockImplementation(() => time.process)
  class HandSet extends Clock {
    override now(): number {
      return time.clock
    }
  }
  const suspensions = new Suspensions(new HandSet())
  return (clockMs: number, processMs: number): boolean => {
    time.clock += clockMs
    time.process += processMs
    return suspensions.isOver()
  }
}

describe('a suspension of the machine', () => {
  afterEach(() => {
    jest.restoreAllMocks()
  })

  it('is noticed by the time that the process has not lived, once', () => {
    const goOn = machine()

    expect(goOn(1_000, 1_000)).toBe(false)
    expect(goOn(3_100, 1_000)).toBe(true)
    expect(goOn(1_000, 1_000)).toBe(false)
  })

  it.each([
    ['a busy process, which lives through it', 9_000, 9_000],
    ['a clock that is set a little', 1_900, 1_000],
    ['a clock that is set back', -3_600_000, 1_000],
  ])('is not %s', (_what, clockMs, processMs) => {
    expect(machine()(clockMs, processMs)).toBe(false)
  })
})
