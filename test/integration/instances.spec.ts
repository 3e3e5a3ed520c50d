import { describe, expect, it } from '@jest/globals'

import { Instances } from '../../src/instances/instances.js'
import { startHub, type TestHub } from '../support/hub.js'
import { cloneDatabase } from '../support/postgres.js'

function instancesOf(hub: TestHub): Instances {
  return hub.app.get(Instances)
}

describe('an instance of a hub', () => {
  it('is alone, and asks nobody, until another one comes', async () => {
    await using database = await cloneDatabase()
    await using first = await startHub({ database })
    const one = instancesOf(first)
    expect([one.isAlone, await one.take('place'), await one.taken(['place', 'other'])]).toEqual([
      true,
      null,
      [true, false],
    ])
    const stamps: number[] = []
    one.onUp((stamp) => void stamps.push(stamp))

    await using second = await startHub({ database })
    const two = instancesOf(second)

    expect([[...one.others], [...two.others]]).toEqual([[two.id], [one.id]])
    expect(await two.taken(['place', 'other'])).toEqual([true, false])
    expect(stamps).toHaveLength(1)
  })
})
