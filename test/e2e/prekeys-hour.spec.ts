import { describe, expect, it } from '@jest/globals'

import { startHub, type TestHub } from '../support/hub.js'
import { publishers } from '../support/prekey-harvest.js'

const GIVEN_PER_MINUTE = 20
const GIVEN_PER_HOUR = 60

/** How many of so many claims, of two people in turn, got a one-time key; all of them got a bundle. */
async function oneTimeOf(hub: TestHub, nodeId: string, claims: number): Promise<number> {
  const tokens = [(await hub.signIn()).accessToken, (await hub.signIn()).accessToken]
  let given = 0
  for (let count = 0; count < claims; count++) {
    const token = tokens[count % 2] ?? ''
    const { status, body } = await hub.fetch('POST', `/nodes/${nodeId}/keys/claim`, { token })
    expect(status).toBe(200)
    expect(body.one_time_prekey === null).toBe(body.last_resort_prekey !== null)
    if (body.one_time_prekey !== null) given++
  }
  return given
}

describe('one-time prekeys', () => {
  it('of one node go sixty an hour to whoever asks, and then the last-resort key does', async () => {
    await using hub = await startHub()
    const [node, other] = await publishers(hub, 2, 100)
    if (!node || !other) throw new Error('two were wanted')
    for (let minute = 1; minute <= GIVEN_PER_HOUR / GIVEN_PER_MINUTE; minute++) {
      expect(await oneTimeOf(hub, node.id, GIVEN_PER_MINUTE)).toBe(GIVEN_PER_MINUTE)
      hub.clock.advance({ minutes: 1 })
    }

    expect(await oneTimeOf(hub, node.id, 5)).toBe(0)
    hub.clock.advance({ minutes: 50 })
    expect(await oneTimeOf(hub, node.id, 5)).toBe(0)
    // Another node's hour is its own.
    expect(await oneTimeOf(hub, other.id, 5)).toBe(5)
    hub.clock.advance({ minutes: 60 })
    expect(await oneTimeOf(hub, node.id, 5)).toBe(5)
  })
})
