import { describe, expect, it } from '@jest/globals'

import type { Carrier } from '../support/carriers.js'
import { at, startHubs, type TestHubs } from '../support/hubs.js'
import type { TestNode } from '../support/test-node.js'
import { until } from '../support/until.js'
import { quickNode } from '../support/watching.js'
import { withRedis } from '../support/with-redis.js'

const RATES_OFF = { RATE_LIMIT_ENABLED: 'false' }

/** How a person of two nodes is named at the first instance: in a search, and under either node. */
async function namesOf({ id, token }: TestNode, hubs: TestHubs): Promise<string[]> {
  const found = await hubs.at(0).fetch('GET', '/discovery/search?q=chess', { token })
  const profile = await hubs.at(0).fetch('GET', `/profile/${id}`, { token })
  return [found.body.results[0].node_id, profile.body.node_id]
}

/** Which of the account's nodes are online, as its owner is told. */
async function onlineOf({ token }: TestNode, hubs: TestHubs): Promise<string[]> {
  const { body } = await hubs.at(0).fetch('GET', '/nodes', { token })
  return body.nodes.flatMap((node: { node_id: string; online: boolean }) =>
    node.online ? [node.node_id] : [],
  )
}

/** A person with two nodes, who plays chess. */
async function twoNodes(hubs: TestHubs): Promise<{ first: TestNode; last: TestNode }> {
  const first = await quickNode(hubs.at(1))
  const last = await quickNode(hubs.at(1), first.accountId)
  await last.fetch('PUT', '/profile', { name: 'n', expertise: { chess: 1 } })
  return { first, last }
}

function scenarios(carrier: Carrier): void {
  describe(`at another instance (${carrier}), somebody with two nodes`, () => {
    it('is named by the one that is connected, wherever, else by the last registered', async () => {
      await using hubs = await startHubs(2, carrier, { env: RATES_OFF })
      const { first, last } = await twoNodes(hubs)
      expect(await namesOf(last, hubs)).toEqual([last.id, last.id])

      await first.connect()
      expect(await namesOf(last, hubs)).toEqual([first.id, first.id])
      expect(await onlineOf(last, hubs)).toEqual([first.id])

      const here = at(hubs.at(0), last)
      await here.connect()
      expect(await namesOf(last, hubs)).toEqual([last.id, last.id])
      expect((await onlineOf(last, hubs)).sort()).toEqual([first.id, last.id].sort())

      await here.disconnect()
      expect(await namesOf(last, hubs)).toEqual([first.id, first.id])
      await first.disconnect()
      await until(async () => (await namesOf(last, hubs)).every((id) => id === last.id))
    })

    it('is named as if away when nobody may see them, but sees it', async () => {
      await using hubs = await startHubs(2, carrier, { env: RATES_OFF })
      const { first, last } = await twoNodes(hubs)
      await first.connect()

      const hidden = { name: 'n', expertise: { chess: 1 }, presence: 'nobody' }
      await last.fetch('PUT', '/profile', hidden)

      expect(await namesOf(last, hubs)).toEqual([last.id, last.id])
      expect(await onlineOf(last, hubs)).toEqual([first.id])
    })
  })
}

scenarios('postgres')

withRedis(() => {
  scenarios('redis')

  describe('while Redis is away', () => {
    it.each(['cut', 'freeze'] as const)(
      'those elsewhere are named as if they were not connected, without a wait (%s)',
      async (fail) => {
        await using hubs = await startHubs(2, 'redis', { env: RATES_OFF })
        const { first, last } = await twoNodes(hubs)
        await first.connect()
        expect(await namesOf(last, hubs)).toEqual([first.id, first.id])

        for (const wire of hubs.carrier.wires) wire[fail]()
        const begun = performance.now()
        const names = await namesOf(last, hubs)

        expect(names).toEqual([last.id, last.id])
        // Promised are 300 ms for each of the two.
        expect(performance.now() - begun).toBeLessThan(5 * 2 * 300)
      },
    )
  })
})
