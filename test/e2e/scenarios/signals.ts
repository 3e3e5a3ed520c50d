import { beforeAll, describe, expect, it } from '@jest/globals'

import { offline } from '../../support/answers.js'
import type { TestNode } from '../../support/test-node.js'
import type { TestHubs } from '../../support/hubs.js'
import { selfSigned } from '../../support/x509.js'

const OFFER = { type: 'offer', sdp: 'v=0\r\no=- 46117 2 IN IP4 127.0.0.1\r\n' }

/** How a signal gets from one node to another, wherever the two are connected. */
export function signalScenarios(hubs: () => TestHubs): void {
  let alice: TestNode
  let bob: TestNode

  beforeAll(async () => {
    alice = await hubs().connectNode()
    bob = await hubs().connectNode({ idLength: 16 })
  })

  describe('a connection', () => {
    it('is greeted by auth_ok, exactly as classic clients know it', async () => {
      const node = await hubs().registeredNode()
      const { socket } = await node.tryConnect()

      expect(await socket?.next()).toEqual({
        type: 'auth_ok',
        message: `Successfully connected as ${node.id}`,
        node_id: node.id,
      })
    })

    it('is counted by /health while it is open', async () => {
      const hub = hubs().next()
      const before = (await hub.fetch('GET', '/health')).body.websocket_connections
      const node = await hub.connectNode()
      expect((await hub.fetch('GET', '/health')).body.websocket_connections).toBe(before + 1)

      node.socket.socket.terminate()
      await node.closed
      // The hub has heard of the end when the target is offline for others.
      await offline(alice, node)
      expect((await hub.fetch('GET', '/health')).body.websocket_connections).toBe(before)
    })
  })

  describe('a signal', () => {
    it('reaches the node it names, with its payload and its sender, and nothing else', async () => {
      alice.send({
        type: 'signal',
        target_node_id: bob.id,
        payload: OFFER,
        sender_node_id: bob.id,
        admin: true,
        __proto__: 'x',
      })

      expect(await bob.next()).toEqual({
        type: 'signal',
        target_node_id: bob.id,
        sender_node_id: alice.id,
        payload: OFFER,
      })
    })

    it('arrives with the text its sender wrote: numbers, spaces, escapes and order are kept', async () => {
      const payload =
        '{ "n": 12345678901234567890, "x":1.0e+5,"é":"\\u00e9\\/", "a":[ ],"__proto__":{"a":1} }'
      alice.send(`{"payload": ${payload} , "type":"signal", "target_node_id":"${bob.id}"}`)

      const text = await bob.socket.nextText()
      expect(text).toContain(`"payload":${payload}`)
      expect(JSON.parse(text).sender_node_id).toBe(alice.id)
    })

    it.each(['null', '"text"', '[1,2]', '0', 'true', '{}', '""'])(
      'may carry %s',
      async (payload) => {
        alice.send(`{"type":"signal","target_node_id":"${bob.id}","payload":${payload}}`)

        expect(await bob.socket.nextText()).toContain(`"payload":${payload}}`)
      },
    )

    it('finds a node by either form of its id, and repeats the form its sender wrote', async () => {
      const long = (
        await bob.hub.database.query<{ node_id_32: string }>(
          'SELECT node_id_32 FROM nodes WHERE node_id = $1',
          [bob.id],
        )
      )[0]!.node_id_32
      alice.signal(long, 1)
      expect(await bob.next()).toMatchObject({ target_node_id: long, payload: 1 })

      bob.signal(alice.id.slice(0, 25), 2)
      expect(await alice.next()).toMatchObject({
        target_node_id: alice.id.slice(0, 25),
        sender_node_id: bob.id,
      })
    })

    it('names its sender as it was registered last, even while it is connected', async () => {
      const node = await hubs().connectNode({ idLength: 16 })
      const long = selfSigned({ key: node.identity.privateKey, idLength: 32 })
      const registered = await node.fetch('POST', '/register-node-id', {
        node_id: long.nodeId,
        public_key: long.publicKeyPem,
        certificate: long.certificatePem,
      })
      expect(registered.status).toBe(200)
      node.signal(bob, 'renamed')

      expect(await bob.next()).toMatchObject({ sender_node_id: long.nodeId, payload: 'renamed' })
    })

    it('does not reach a node whose long id only begins the same', async () => {
      const other = alice.id.slice(0, 25) + '0'.repeat(16)
      bob.signal(other, 1)

      expect(await bob.next()).toMatchObject({ type: 'error', code: 'target_offline' })
    })

    it('may go to oneself', async () => {
      alice.signal(alice, 'echo')

      expect(await alice.next()).toMatchObject({ sender_node_id: alice.id, payload: 'echo' })
    })

    it('arrives in the order sent, two thousand of them, both ways at once', async () => {
      // Between instances each signal must be there in 1.5 s: these share one process with both nodes.
      const atOnce = hubs().all.length === 1 ? 2_000 : 100
      for (let first = 0; first < 2_000; first += atOnce) {
        for (let n = first; n < first + atOnce; n++) {
          alice.signal(bob, { n })
          bob.signal(alice, { n })
        }
        for (let n = first; n < first + atOnce; n++) {
          expect((await bob.next()).payload.n).toBe(n)
          expect((await alice.next()).payload.n).toBe(n)
        }
      }
    })
  })

  describe('a ping', () => {
    it.each([
      ['{"type":"ping","timestamp":1732000000.123}', '{"type":"pong","timestamp":1732000000.123}'],
      ['{"type":"ping","timestamp":"now"}', '{"type":"pong","timestamp":"now"}'],
      ['{"type":"ping"}', '{"type":"pong","timestamp":null}'],
      ['{"type":"ping","timestamp":null}', '{"type":"pong","timestamp":null}'],
    ])('%s is answered by %s', async (ping, pong) => {
      alice.send(ping)

      expect(await alice.socket.nextText()).toBe(pong)
    })
  })

  describe('a frame beyond 64 KiB', () => {
    it('closes its sender with 1009 and touches nobody else', async () => {
      const sender = await hubs().connectNode()
      sender.signal(bob, 'x'.repeat(65_536))

      expect((await sender.closed).code).toBe(1009)
      expect(await bob.socket.settled()).toEqual([])
    })

    it('is one byte more than a frame that arrives', async () => {
      const overhead = JSON.stringify({
        type: 'signal',
        target_node_id: bob.id,
        payload: '',
      }).length
      alice.signal(bob, 'x'.repeat(65_536 - overhead))

      expect((await bob.next()).payload).toHaveLength(65_536 - overhead)
    })
  })
}
