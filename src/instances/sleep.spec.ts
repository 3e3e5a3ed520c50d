import { afterEach, describe, expect, it, jest } from '@jest/globals'

import { Clock } from '../common/clock.js'
import { Sleep } from './sleep.js'

/** A machine whose two clocks the test moves. */
function machine() {
  const time = { clock: 1_764_000_000_000, process: 5_000 }
  jest.spyOn(performance, 'now').mockImplementation(() => time.process)
  class HandSet extends Clock {
    override now(): number {
      return time.clock
    }
  }
  const sleep = new Sleep(new HandSet())
  return (clockMs: number, processMs: number): { isOn: boolean; isOver: boolean } => {
    time.clock += clockMs
    time.process += processMs
    return { isOn: sleep.isOn, isOver: sleep.isOver() }
  }
}

describe('the sleep of a process', () => {
  afterEach(() => {
    jest.restoreAllMocks()
  })

  it('is noticed, when its machine was suspended, by the time that it has not lived, once', () => {
    const goOn = machine()

    expect(goOn(1_000, 1_000).isOver).toBe(false)
    expect(goOn(3_100, 1_000).isOver).toBe(true)
    expect(goOn(1_000, 1_000).isOver).toBe(false)
  })

  it('is noticed by the beat that is late, and before it', () => {
    const goOn = machine()

    expect(goOn(2_400, 2_400)).toEqual({ isOn: false, isOver: false })
    expect(goOn(9_000, 9_000)).toEqual({ isOn: true, isOver: true })
    expect(goOn(1_000, 1_000)).toEqual({ isOn: false, isOver: false })
  })

  it.each([
    ['a clock that is set a little', 1_900, 1_000],
    ['a clock that is set back', -3_600_000, 1_000],
  ])('is not %s', (_what, clockMs, processMs) => {
    expect(machine()(clockMs, processMs).isOver).toBe(false)
  })
})
