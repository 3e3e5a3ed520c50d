import { describe, expect, it } from '@jest/globals'
import { WebSocket } from 'ws'

import { askedBy, handOver, offline } from '../../support/answers.js'
import { at, type TestHubs } from '../../support/hubs.js'
import { type Frame, TestNode, type TestSocket, upgrade } from '../../support/test-node.js'

/** A node that connects, and connects again, here or at another instance. */
export function connectingScenarios(hubs: () => TestHubs): void {
  describe('a node that connects twice', () => {
    it('lives on in the newer connection; the older gets 4500', async () => {
      const [node, alice] = [await hubs().connectNode(), await hubs().connectNode()]
      const older = node.socket
      await node.connect(hubs().next())

      expect((await older.closed).code).toBe(4500)
      await handOver(alice, node, 'still here')
      expect(await node.next()).toMatchObject({ payload: 'still here' })
    })

    it('fifty times, each time elsewhere, is never offline and gets each signal once', async () => {
      const [node, alice] = [await hubs().connectNode(), await hubs().connectNode()]
      const sockets = [node.socket]
      for (let n = 0; n < 50; n++) {
        const sent = handOver(alice, node, n)
        sockets.push(await node.connect(hubs().next()))
        await sent
      }
      // 1012 when a busy machine lost the carrier for a moment: then nobody knows which one is newer.
      const codes = hubs().all.length === 1 ? [4500] : [4500, 1012]
      for (const older of sockets.slice(0, -1)) expect(codes).toContain((await older.closed).code)
      const last = await node.socket.settled()

      const got = [
        ...sockets.flatMap(({ texts }) => texts.map((text) => JSON.parse(text))),
        ...last,
      ]
      expect(got.map(({ payload }) => payload)).toEqual(Array.from({ length: 50 }, (_, n) => n))
    })

    it('at the instance of its sender, gets first what was sent first', async () => {
      const alice = await hubs().at(0).connectNode()
      const node = await hubs().at(1).connectNode()
      const { wires } = hubs().carrier
      for (const wire of wires) wire.slow(30)
      const older = node.socket
      let sent = 0
      const send = async (): Promise<void> => {
        alice.signal(node, sent++)
        expect(await alice.socket.settled()).toEqual([])
      }
      let isThere = false
      const connecting = node.connect(hubs().at(0)).finally(() => (isThere = true))
      while (!isThere) await send()
      for (let more = 0; more < 20; more++) await send()

      const newer = await connecting
      const frames: Frame[] = []
      do frames.push(await newer.next())
      while (frames.at(-1)?.payload !== sent - 1)
      for (const wire of wires) wire.restore()
      await older.closed
      const got = [...older.texts.map((text): Frame => JSON.parse(text)), ...frames]
      expect(got.map(({ payload }) => payload)).toEqual(Array.from({ length: sent }, (_, n) => n))
    })

    it('at the same moment has exactly one live connection', async () => {
      const [node, alice] = [await hubs().registeredNode(), await hubs().connectNode()]
      const upgrades = await Promise.all(
        Array.from({ length: 9 }, () => node.tryConnect(hubs().next())),
      )
      const sockets = upgrades.map(({ socket }) => socket!)
      for (const socket of sockets) expect(await socket.next()).toMatchObject({ type: 'auth_ok' })
      await allClosedBut(1, sockets)

      await handOver(alice, node, 'once')
      const live = sockets.find((socket) => socket.socket.readyState === WebSocket.OPEN)
      expect(await live?.next()).toMatchObject({ payload: 'once' })
    })

    it('and goes from the newer one is offline, though the older closed late', async () => {
      const [node, alice] = [await hubs().connectNode(), await hubs().connectNode()]
      const older = node.socket
      older.socket.pause()
      await node.connect(hubs().next())
      await handOver(alice, node, 1)
      await node.disconnect()

      await offline(alice, node)
      older.socket.resume()
      await older.closed
      expect(await askedBy(alice, node)).toBe('target_offline')
    })
  })

  describe('a socket without credentials', () => {
    it('says who it is in its first frame, and is nobody before', async () => {
      const [node, alice] = [await hubs().registeredNode(), await hubs().connectNode()]
      const { socket } = await upgrade(hubs().next().socketUrl)
      expect(await askedBy(alice, node)).toBe('target_offline')

      socket?.send({ type: 'auth', token: node.token })
      expect(await socket?.next()).toMatchObject({ type: 'auth_ok', node_id: node.id })
      while ((await askedBy(alice, node, 'hello')) !== 'ack');
      expect(await socket?.next()).toMatchObject({ type: 'signal', payload: 'hello' })
    })
  })

  describe('an auth frame on a live connection', () => {
    it('makes it go on with the new session: the end of the old one does not close it', async () => {
      const [node, alice] = [await hubs().connectNode(), await hubs().connectNode()]
      const again = new TestNode(
        node.hub,
        await hubs().next().signIn(node.accountId),
        node.identity,
      )
      await again.register()
      node.send({ type: 'auth', token: again.token })
      expect(await node.next()).toMatchObject({ type: 'auth_ok', node_id: node.id })

      await at(hubs().next(), node).fetch('POST', '/logout')
      await handOver(alice, node, 'still here')
      expect(await node.next()).toMatchObject({ payload: 'still here' })
      await at(hubs().next(), again).fetch('POST', '/logout')
      expect((await node.closed).code).toBe(4501)
    })
  })
}

/** Resolves when no more than `count` of the sockets are open. */
function allClosedBut(count: number, sockets: readonly TestSocket[]): Promise<void> {
  let left = sockets.length
  return new Promise((resolve) => {
    for (const socket of sockets) {
      void socket.closed.then(() => {
        if (--left === count) resolve()
      })
    }
  })
}
