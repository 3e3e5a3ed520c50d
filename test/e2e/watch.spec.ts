import { describe, expect, it } from '@jest/globals'

import { Watches } from '../../src/signaling/watches/watches.js'
import { FaultProxy } from '../support/fault-proxy.js'
import { startHub, type TestHub } from '../support/hub.js'
import type { Frame, TestNode, TestSocket } from '../support/test-node.js'
import { upgrade } from '../support/test-node.js'

const SHORT = 'dpc-node-'.length + 16

/** Well-formed ids that belong to nobody, each with a short form of its own. */
function strangers(count: number, first = 0): string[] {
  return Array.from({ length: count }, (_, n) => {
    const digits = String(first + n).padStart(16, '0')
    return `dpc-node-${digits}${digits}`
  })
}

function presence(nodeId: string, online: boolean): Frame {
  return { type: 'presence', node_id: nodeId, online }
}

function watch(watcher: TestNode, ...nodes: (TestNode | string)[]): void {
  const ids = nodes.map((node) => (typeof node === 'string' ? node : node.id))
  watcher.send({ type: 'watch', node_ids: ids })
}

function unwatch(watcher: TestNode, ...nodes: TestNode[]): void {
  watcher.send({ type: 'unwatch', node_ids: nodes.map(({ id }) => id) })
}

/** Somebody who watches the node, and has been told how it is now. */
async function watcherOf(hub: TestHub, node: TestNode): Promise<TestNode> {
  const watcher = await hub.connectNode()
  watch(watcher, node)
  await watcher.next()
  return watcher
}

function setPresence(node: TestNode, setting: 'everyone' | 'nobody') {
  return node.fetch('PUT', '/profile', { name: 'n', presence: setting })
}

describe('who watches nodes', () => {
  it('is told now whether each is connected, under the id as it was written', async () => {
    await using hub = await startHub()
    const [watcher, here, away] = [
      await hub.connectNode(),
      await hub.connectNode(),
      await hub.registeredNode(),
    ]
    const shortId = here.id.slice(0, SHORT)
    const [nobody = ''] = strangers(1)

    watch(watcher, here, shortId, away, nobody)

    expect(await watcher.socket.settled()).toEqual([
      presence(here.id, true),
      presence(shortId, true),
      presence(away.id, false),
      presence(nobody, false),
    ])
  })

  it('is told that what is no node’s id is offline, as of any that is away', async () => {
    await using hub = await startHub()
    const [watcher, here] = [await hub.connectNode(), await hub.connectNode()]
    const ids = [
      '',
      'someone',
      '"\u0000\ud800\\',
      here.id.toUpperCase(),
      ` ${here.id}`,
      `${here.id}0`,
      // The same beginning, but another key.
      here.id.slice(0, SHORT).padEnd('dpc-node-'.length + 32, '0'),
    ]

    watch(watcher, ...ids)

    const told = await watcher.socket.settled()
    expect(told.map(({ online }) => online)).toEqual(ids.map(() => false))
    expect(told.map(({ node_id }) => node_id).sort()).toEqual([...ids].sort())
  })

  it('is told of each change, and of nothing else', async () => {
    await using hub = await startHub()
    const node = await hub.registeredNode()
    const watcher = await watcherOf(hub, node)
    const bystander = await hub.connectNode()

    for (let times = 0; times < 3; times++) {
      await node.connect()
      expect(await watcher.next()).toEqual(presence(node.id, true))
      await node.disconnect()
      expect(await watcher.next()).toEqual(presence(node.id, false))
    }

    expect(await watcher.socket.settled()).toEqual([])
    expect(await bystander.socket.settled()).toEqual([])
  })

  it('hears nothing when a newer connection of the node replaces the older', async () => {
    await using hub = await startHub({ env: { RATE_LIMIT_ENABLED: 'false' } })
    const node = await hub.connectNode()
    const watcher = await watcherOf(hub, node)

    for (let times = 0; times < 10; times++) {
      const older = node.socket
      await node.connect()
      expect((await older.closed).code).toBe(4500)
    }

    expect(await watcher.socket.settled()).toEqual([])
    await node.disconnect()
    expect(await watcher.next()).toEqual(presence(node.id, false))
  })

  it('is told again when it asks again, once for each time', async () => {
    await using hub = await startHub()
    const node = await hub.connectNode()
    const watcher = await watcherOf(hub, node)

    watch(watcher, node, node)
    expect(await watcher.socket.settled()).toEqual([presence(node.id, true)])

    await node.disconnect()
    expect(await watcher.next()).toEqual(presence(node.id, false))
    expect(await watcher.socket.settled()).toEqual([])
  })

  it('hears no more of a node that it no longer watches, and still of the rest', async () => {
    await using hub = await startHub()
    const [one, other] = [await hub.connectNode(), await hub.connectNode()]
    const watcher = await watcherOf(hub, one)
    watch(watcher, other)
    await watcher.next()

    unwatch(watcher, one, one)
    await watcher.socket.settled()
    await one.disconnect()
    await other.disconnect()

    expect(await watcher.next()).toEqual(presence(other.id, false))
    expect(await watcher.socket.settled()).toEqual([])
  })

  it('leaves nothing behind, however it goes', async () => {
    await using hub = await startHub({ env: { RATE_LIMIT_ENABLED: 'false' } })
    const node = await hub.connectNode()
    const goings: ((watcher: TestNode) => Promise<unknown>)[] = [
      (watcher) => watcher.disconnect(),
      (watcher) => {
        watcher.socket.socket.terminate()
        return watcher.closed
      },
      // Replaced.
      (watcher) => watcher.connect(),
      (watcher) => watcher.fetch('POST', '/logout').then(() => watcher.closed),
    ]
    const watches = hub.app.get(Watches)
    for (const go of goings) {
      const watcher = await watcherOf(hub, node)
      watch(watcher, ...strangers(50))
      await watcher.socket.settled()
      expect(watches.size).toEqual({ watchers: 1, nodes: 51 })
      await go(watcher)
      const bystander = await hub.connectNode()
      await bystander.socket.settled()
      expect(watches.size).toEqual({ watchers: 0, nodes: 0 })
    }
  })
})

describe('watching', () => {
  it('has an end at 200 nodes: a frame beyond that is refused whole', async () => {
    await using hub = await startHub()
    const [watcher, node] = [await hub.connectNode(), await hub.connectNode()]
    watch(watcher, ...strangers(100))
    watch(watcher, ...strangers(99, 100))
    await watcher.socket.settled()

    watch(watcher, node, ...strangers(1, 500))

    const [refused, ...more] = await watcher.socket.settled()
    expect(refused).toMatchObject({ type: 'error', code: 'not_allowed' })
    expect(refused?.message).toContain('200')
    expect(more).toEqual([])
    watch(watcher, node, ...strangers(1))
    expect(await watcher.socket.settled()).toHaveLength(2)
    watcher.send({ type: 'unwatch', node_ids: strangers(1) })
    watch(watcher, ...strangers(1, 500))
    expect(await watcher.socket.settled()).toHaveLength(1)
  })

  it('takes 100 nodes at once and not one more', async () => {
    await using hub = await startHub()
    const watcher = await hub.connectNode()

    watch(watcher, ...strangers(101))

    expect(await watcher.socket.settled()).toMatchObject([{ code: 'invalid_frame' }])
    expect(hub.app.get(Watches).size).toEqual({ watchers: 0, nodes: 0 })
  })

  it('is not for asking about the whole world, a few nodes at a time', async () => {
    await using hub = await startHub()
    const watcher = await hub.connectNode()
    const answers: Frame[] = []
    for (let first = 0; first < 500; first += 100) {
      const ids = strangers(100, first)
      watcher.send({ type: 'watch', node_ids: ids })
      watcher.send({ type: 'unwatch', node_ids: ids })
      answers.push(...(await watcher.socket.settled()))
    }

    const [refused] = answers.splice(400)
    expect(refused).toMatchObject({ type: 'error', code: 'rate_limited' })
    expect(refused?.retry_after).toBeGreaterThan(0)
    expect(answers.map(({ type }) => type)).toEqual(answers.map(() => 'presence'))
  })
})

describe('a node that nobody may see', () => {
  it('looks offline, whatever it does', async () => {
    await using hub = await startHub()
    const node = await hub.registeredNode()
    await setPresence(node, 'nobody')
    await node.connect()
    const watcher = await hub.connectNode()

    watch(watcher, node, node.id.slice(0, SHORT))
    expect((await watcher.socket.settled()).map(({ online }) => online)).toEqual([false, false])

    await node.connect()
    await node.disconnect()
    await node.connect()
    expect(await watcher.socket.settled()).toEqual([])
  })

  it('goes when its owner says so, and comes back, with each of the account’s nodes', async () => {
    await using hub = await startHub()
    const one = await hub.connectNode()
    const other = await hub.connectNode({ accountId: one.accountId })
    const watcher = await watcherOf(hub, one)
    watch(watcher, other)
    await watcher.next()
    const told = async () => {
      const frames = [await watcher.next(), await watcher.next()]
      return frames.sort((a, b) => (a.node_id === one.id ? -1 : b.node_id === one.id ? 1 : 0))
    }

    await setPresence(one, 'nobody')
    expect(await told()).toEqual([presence(one.id, false), presence(other.id, false)])
    await setPresence(one, 'nobody')
    await setPresence(other, 'everyone')
    expect(await told()).toEqual([presence(one.id, true), presence(other.id, true)])
    expect(await watcher.socket.settled()).toEqual([])
  })

  it('gets signals as any other, and may itself watch', async () => {
    await using hub = await startHub()
    const [node, peer] = [await hub.connectNode(), await hub.connectNode()]
    await setPresence(node, 'nobody')

    peer.signal(node, 'hello')
    expect(await node.next()).toMatchObject({ type: 'signal', payload: 'hello' })
    watch(node, peer)
    expect(await node.next()).toEqual(presence(peer.id, true))
  })
})

describe('a node that goes without a word', () => {
  it('is offline to its watchers when nothing was heard of it for one and a half ping intervals', async () => {
    await using hub = await startHub({ env: { WEBSOCKET_PING_SECONDS: '1' } })
    await using wire = await FaultProxy.before(hub.origin)
    const node = await hub.registeredNode()
    const { socket } = await upgrade(`${wire.through(hub.socketUrl)}?token=${node.token}`)
    await socket?.next()
    const watcher = await watcherOf(hub, node)

    wire.freeze()

    expect(await watcher.next()).toEqual(presence(node.id, false))
  })
})

describe('a watcher that does not read', () => {
  it('is told, when it reads again, how things are then', async () => {
    await using hub = await startHub({ env: { RATE_LIMIT_ENABLED: 'false' } })
    const [node, other] = [await hub.connectNode(), await hub.registeredNode()]
    const watcher = await watcherOf(hub, node)
    watch(watcher, other)
    await watcher.next()
    const sender = await hub.connectNode()
    watcher.socket.socket.pause()
    await fill(watcher, sender)

    await node.disconnect()
    await node.connect()
    await node.disconnect()
    await other.connect()
    await sender.socket.settled()
    watcher.socket.socket.resume()

    const told = await framesUntil(watcher.socket, (frame) => frame.node_id === other.id)
    const changes = told.filter(({ type }) => type === 'presence')
    // Each change once at most: what is over when it reads again is not told any more.
    expect(changes).toEqual([presence(node.id, false), presence(other.id, true)])
  })
})

/** Sends until the target can take no more: not of large frames, and then not even small ones. */
async function fill(target: TestNode, sender: TestNode): Promise<void> {
  for (const characters of [60_000, 0]) {
    let refused: Frame | undefined
    while (!refused) {
      sender.signal(target, 'x'.repeat(characters))
      ;[refused] = await sender.socket.settled()
    }
    expect(refused.code).toBe('target_slow')
  }
}

async function framesUntil(
  socket: TestSocket,
  isLast: (frame: Frame) => boolean,
): Promise<Frame[]> {
  const frames: Frame[] = []
  for (;;) {
    const frame = await socket.next()
    frames.push(frame)
    if (isLast(frame)) return frames
  }
}
