import { setImmediate as nextTurn } from 'node:timers/promises'

import { afterEach, describe, expect, it, jest } from '@jest/globals'

import { UpgradeTurns } from './upgrade-turns.js'

/** Counts those that began and those that were given up. */
class Crowd {
  readonly begun: number[] = []
  readonly givenUp: number[] = []
  private count = 0

  constructor(private readonly turns: UpgradeTurns) {}

  come(many: number): void {
    for (let n = 0; n < many; n++) {
      const name = this.count++
      this.turns.take(
        () => this.begun.push(name),
        () => this.givenUp.push(name),
      )
    }
  }
}

describe('upgrades', () => {
  afterEach(() => {
    jest.restoreAllMocks()
  })

  it('begin at once while they are few', () => {
    const turns = new UpgradeTurns()
    const crowd = new Crowd(turns)
    crowd.come(3)

    expect(crowd.begun).toEqual([0, 1, 2])
    expect(turns.length).toBe(0)
  })

  it('begin a few at a time when they are many, in the order they came, and all of them', async () => {
    const turns = new UpgradeTurns()
    const crowd = new Crowd(turns)
    crowd.come(200)
    expect(crowd.begun.length).toBeLessThan(20)
    while (turns.length > 0) await nextTurn()

    expect(crowd.begun).toEqual(Array.from({ length: 200 }, (_, n) => n))
    expect(crowd.givenUp).toEqual([])
  })

  it('begin as many more as a turn took longer', async () => {
    const cpuUsage = jest.spyOn(process, 'cpuUsage')
    cpuUsage.mockReturnValue({ user: 0, system: 0 })
    const turns = new UpgradeTurns()
    const crowd = new Crowd(turns)
    crowd.come(200)
    const before = crowd.begun.length
    cpuUsage.mockReturnValue({ user: 30_000, system: 20_000 })
    await nextTurn()

    expect(crowd.begun.length - before).toBe(50)
  })

  it('are given up when they waited so long that their clients are gone', async () => {
    const now = jest.spyOn(performance, 'now')
    now.mockReturnValue(0)
    const turns = new UpgradeTurns()
    const crowd = new Crowd(turns)
    crowd.come(100)
    const begun = crowd.begun.length
    now.mockReturnValue(4_000)
    await nextTurn()

    expect(crowd.begun).toHaveLength(begun)
    expect(crowd.givenUp).toHaveLength(100 - begun)
    expect(turns.length).toBe(0)
    crowd.come(1)
    expect(crowd.begun).toHaveLength(begun + 1)
  })
})
