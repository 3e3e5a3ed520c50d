import { describe, expect, it, jest } from '@jest/globals'

import { Bus } from '../../src/instances/bus.js'
import { at, startHubs } from '../support/hubs.js'

const HOUR_US = 3_600_000_000

describe('when the clock of the carrier was set back by an hour', () => {
  it('the newer connection of a node stays, and the one from before is replaced', async () => {
    await using hubs = await startHubs(2)
    const bus = hubs.at(0).app.get(Bus)
    const take = bus.take.bind(bus)
    jest.spyOn(bus, 'take').mockImplementation(async (places) => (await take(places)) + HOUR_US)
    const before = await hubs.at(0).connectNode()
    const sender = await hubs.at(0).connectNode()

    const after = at(hubs.at(1), before)
    await after.connect()

    expect((await before.socket.closed).code).toBe(4500)
    sender.signal(after.id, 'now')
    expect(await after.socket.next()).toMatchObject({ type: 'signal', payload: 'now' })
  })
})
