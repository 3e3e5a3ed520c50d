import { describe, expect, it } from '@jest/globals'

import { at, type TestHubs } from '../../support/hubs.js'
import { connectModern } from '../../support/modern-client.js'
import { ed25519, rotate } from '../../support/node-rotation.js'
import { oneTimePrekeys, publication } from '../../support/prekeys.js'
import { selfSigned } from '../../support/x509.js'

/** What happens at one instance, and what nodes at another one notice of it. */
export function toldEverywhereScenarios(hubs: () => TestHubs): void {
  const [here, there] = [() => hubs().at(0), () => hubs().at(1)]

  describe('at another instance', () => {
    it('the end of one session closes its socket, and no other of the account', async () => {
      const ended = await there().connectNode()
      const stays = await there().connectNode({ accountId: ended.accountId })

      expect((await at(here(), ended).fetch('POST', '/logout')).status).toBe(200)

      expect((await ended.closed).code).toBe(4501)
      expect(await stays.socket.settled()).toEqual([])
      expect((await at(there(), ended).fetch('GET', '/users/me')).status).toBe(401)
    })

    it('a dozen sessions that end at once close their sockets, and nobody else’s', async () => {
      const owner = await here().connectNode()
      const { accountId } = owner
      const others = []
      for (let n = 0; n < 12; n++) others.push(await hubs().connectNode({ accountId }))
      const bystander = await there().connectNode()

      const { status } = await owner.fetch('DELETE', '/sessions?keep=current')

      expect(status).toBe(204)
      for (const other of others) expect((await other.closed).code).toBe(4501)
      expect(await owner.socket.settled()).toEqual([])
      expect(await bystander.socket.settled()).toEqual([])
    })

    it('the deletion of the account closes its sockets, with 4503', async () => {
      const node = await there().connectNode()
      expect((await at(here(), node).fetch('DELETE', '/profile')).status).toBe(204)

      expect((await node.closed).code).toBe(4503)
    })

    it('the release of a node closes its socket, with 4502', async () => {
      const node = await there().connectNode()
      expect((await at(here(), node).fetch('DELETE', `/nodes/${node.id}`)).status).toBe(204)

      expect((await node.closed).code).toBe(4502)
    })

    it('a node goes by the id that it was registered under last, and as proven', async () => {
      const node = await there().connectNode({ idLength: 16 })
      const other = await here().registeredNode()
      const { socket } = await connectModern(other)
      const long = selfSigned({ key: node.identity.privateKey, idLength: 32 })
      const again = await here().nodeOf(long, node.accountId)
      expect((await again.prove()).status).toBe(200)

      // The word of it is on its way: what is sent until then has the former name.
      let signal
      do {
        node.signal(other, 'who am I')
        signal = await socket.next()
      } while (signal.sender_node_id === node.id)
      expect(signal).toMatchObject({ sender_node_id: long.nodeId, sender_proven: true })
    })

    it('a node hears that its prekeys run out, once', async () => {
      const node = await there().provenNode()
      const keys = publication(node.identity.privateKey, oneTimePrekeys(11))
      const published = await node.fetch('PUT', `/nodes/${node.id}/keys`, keys)
      expect(published.status).toBe(200)
      const { socket } = await connectModern(node)
      const asker = await here().registeredNode()

      const claimed = await asker.fetch('POST', `/nodes/${node.id}/keys/claim`)

      expect(claimed.status).toBe(200)
      expect(await socket.next()).toEqual({ type: 'keys_low', count: 10 })
      expect(await socket.settled()).toEqual([])
    })

    it('all nodes of an account hear of a new key that waits, once each', async () => {
      const node = await here().provenNode()
      const sockets = []
      for (const hub of [here(), there()]) {
        const each = await hub.registeredNode({ accountId: node.accountId })
        sockets.push((await connectModern(each)).socket)
      }
      const next = ed25519()

      expect((await rotate(node, next, 'unsigned')).status).toBe(202)

      for (const socket of sockets) {
        expect(await socket.next()).toMatchObject({
          type: 'node_rotation',
          node_id: node.id,
          new_node_id: next.nodeId,
        })
        expect(await socket.settled()).toEqual([])
      }
    })
  })
}
