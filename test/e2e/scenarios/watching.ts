import { describe, expect, it } from '@jest/globals'

import { at, type TestHubs } from '../../support/hubs.js'
import {
  beginToWatch,
  connectQuick,
  presence,
  quickNode,
  setPresence,
  SHORT_ID_LENGTH,
  shortIdOf,
  strangers,
  told,
  unwatch,
  watch,
} from '../../support/watching.js'

/** Who watches nodes, and what they are told. */
export function watchingScenarios(hubs: () => TestHubs): void {
  describe('who watches nodes', () => {
    it('is told now whether each is connected, under the id as it was written', async () => {
      const [watcher, here] = [await connectQuick(hubs()), await connectQuick(hubs())]
      const away = await quickNode(hubs())
      const [stranger = ''] = strangers(1)

      expect(await beginToWatch(watcher, here, shortIdOf(here), away, stranger)).toEqual({
        [here.id]: true,
        [shortIdOf(here)]: true,
        [away.id]: false,
        [stranger]: false,
      })
      expect(await watcher.socket.settled()).toEqual([])
    })

    it('is told that what is no node’s id is offline, as of any that is away', async () => {
      const [watcher, here] = [await connectQuick(hubs()), await connectQuick(hubs())]
      const ids = [
        '',
        'someone',
        '"\u0000\ud800\\',
        here.id.toUpperCase(),
        ` ${here.id}`,
        `${here.id}0`,
        // The same beginning, but another key.
        shortIdOf(here).padEnd(SHORT_ID_LENGTH + 16, '0'),
      ]

      expect(await beginToWatch(watcher, ...ids)).toEqual(
        Object.fromEntries(ids.map((id) => [id, false])),
      )
    })

    it('is told of each change, and of nothing else', async () => {
      const [watcher, node] = [await connectQuick(hubs()), await quickNode(hubs())]
      const bystander = await connectQuick(hubs())
      await beginToWatch(watcher, node)

      for (let times = 0; times < 3; times++) {
        await node.connect()
        expect(await watcher.next()).toEqual(presence(node, true))
        await node.disconnect()
        expect(await watcher.next()).toEqual(presence(node, false))
      }

      expect(await watcher.socket.settled()).toEqual([])
      expect(await bystander.socket.settled()).toEqual([])
    })

    it('hears nothing when a newer connection of the node replaces the older, wherever', async () => {
      const [watcher, node] = [await connectQuick(hubs()), await connectQuick(hubs())]
      await beginToWatch(watcher, node, shortIdOf(node))

      let last = node
      for (let times = 0; times < 10; times++) {
        const next = at(hubs().next(), node)
        await next.connect()
        expect((await last.closed).code).toBe(4500)
        last = next
      }

      expect(await watcher.socket.settled()).toEqual([])
      await last.disconnect()
      expect(await told(watcher, 2)).toEqual({ [node.id]: false, [shortIdOf(node)]: false })
    })

    it('is told again when it asks again, once for each time', async () => {
      const [watcher, node] = [await connectQuick(hubs()), await connectQuick(hubs())]
      await beginToWatch(watcher, node)

      expect(await beginToWatch(watcher, node, node)).toEqual({ [node.id]: true })

      await node.disconnect()
      expect(await watcher.next()).toEqual(presence(node, false))
      expect(await watcher.socket.settled()).toEqual([])
    })

    it('hears no more of a node that it no longer watches, and still of the rest', async () => {
      const [watcher, one] = [await connectQuick(hubs()), await connectQuick(hubs())]
      const other = await connectQuick(one.hub)
      await beginToWatch(watcher, one, other)

      unwatch(watcher, one, one)
      await watcher.socket.settled()
      await one.disconnect()
      await other.disconnect()

      expect(await watcher.next()).toEqual(presence(other, false))
      expect(await watcher.socket.settled()).toEqual([])
    })

    it('may be many: each is told', async () => {
      const node = await connectQuick(hubs())
      const watchers = [await connectQuick(hubs()), await connectQuick(hubs())]
      watchers.push(await connectQuick(hubs()), node)
      for (const watcher of watchers) await beginToWatch(watcher, node)

      const again = await at(hubs().next(), node).connect()
      for (const watcher of watchers.slice(0, 3)) {
        expect(await watcher.socket.settled()).toEqual([])
      }
      again.socket.terminate()

      for (const watcher of watchers.slice(0, 3)) {
        expect(await watcher.next()).toEqual(presence(node, false))
      }
    })
  })

  describe('a node that nobody may see', () => {
    it('looks offline, whatever it does', async () => {
      const [watcher, node] = [await connectQuick(hubs()), await quickNode(hubs())]
      await setPresence(node, 'nobody')
      await node.connect()

      expect(await beginToWatch(watcher, node, shortIdOf(node))).toEqual({
        [node.id]: false,
        [shortIdOf(node)]: false,
      })

      await node.connect()
      await node.disconnect()
      await node.connect()
      // The first that is told of it comes behind all that was not to be told.
      await setPresence(node, 'everyone')
      expect(await told(watcher, 2)).toEqual({ [node.id]: true, [shortIdOf(node)]: true })
    })

    it('goes when its owner says so, and comes back, with each of the account’s nodes', async () => {
      const [watcher, one] = [await connectQuick(hubs()), await connectQuick(hubs())]
      const other = await connectQuick(hubs(), one.accountId)
      await beginToWatch(watcher, one, other)

      await setPresence(one, 'nobody')
      expect(await told(watcher, 2)).toEqual({ [one.id]: false, [other.id]: false })
      await setPresence(one, 'nobody')
      await setPresence(other, 'everyone')
      expect(await told(watcher, 2)).toEqual({ [one.id]: true, [other.id]: true })
      expect(await watcher.socket.settled()).toEqual([])
    })

    it('gets signals as any other, and may itself watch', async () => {
      const [peer, node] = [await connectQuick(hubs()), await connectQuick(hubs())]
      await setPresence(node, 'nobody')

      peer.signal(node, 'hello')
      expect(await node.next()).toMatchObject({ type: 'signal', payload: 'hello' })
      expect(await beginToWatch(node, peer)).toEqual({ [peer.id]: true })
    })
  })

  describe('a watcher', () => {
    it('that comes back watches anew: the hub remembers nothing of the former connection', async () => {
      const [watcher, node] = [await connectQuick(hubs()), await connectQuick(hubs())]
      await beginToWatch(watcher, node)
      const back = at(hubs().next(), watcher)
      await back.connect()

      await node.disconnect()
      watch(back, node)

      expect(await back.next()).toEqual(presence(node, false))
      expect(await back.socket.settled()).toEqual([])
    })
  })
}
