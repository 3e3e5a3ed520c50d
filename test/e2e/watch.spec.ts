import { describe, expect, it, jest } from '@jest/globals'

import { Instances } from '../../src/instances/instances.js'
import { Watches } from '../../src/signaling/watches/watches.js'
import { FaultProxy } from '../support/fault-proxy.js'
import { startHub, type TestHub } from '../support/hub.js'
import { startHubs } from '../support/hubs.js'
import type { Frame, TestNode, TestSocket } from '../support/test-node.js'
import { upgrade } from '../support/test-node.js'
import { onInstances } from '../support/topologies.js'
import {
  beginToWatch,
  connectQuick,
  presence,
  quickNode,
  SHORT_ID_LENGTH,
  strangers,
  watch,
} from '../support/watching.js'
import { watchingScenarios } from './scenarios/watching.js'

/** Of the promise: 10,000 (`PRESENCE_CYCLES=10000 npm test -- --testPathPatterns watch`). */
const CYCLES = Number(process.env.PRESENCE_CYCLES ?? 150)

onInstances(1, 'postgres', watchingScenarios)

/** Somebody who watches the node, and has been told how it is now. */
async function watcherOf(hub: TestHub, node: TestNode): Promise<TestNode> {
  const watcher = await connectQuick(hub)
  await beginToWatch(watcher, node)
  return watcher
}

describe('a watcher', () => {
  it('leaves nothing behind, however it goes', async () => {
    await using hub = await startHub({ env: { RATE_LIMIT_ENABLED: 'false' } })
    const node = await connectQuick(hub)
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
      const bystander = await connectQuick(hub)
      await bystander.socket.settled()
      expect(watches.size).toEqual({ watchers: 0, nodes: 0 })
    }
  })
})

describe('watching', () => {
  it('has an end at 200 nodes: a frame beyond that is refused whole', async () => {
    await using hub = await startHub()
    const [watcher, node] = [await connectQuick(hub), await connectQuick(hub)]
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
    const watcher = await connectQuick(hub)

    watch(watcher, ...strangers(101))

    expect(await watcher.socket.settled()).toMatchObject([{ code: 'invalid_frame' }])
    expect(hub.app.get(Watches).size).toEqual({ watchers: 0, nodes: 0 })
  })

  it('is not for asking about the whole world, a few nodes at a time', async () => {
    await using hub = await startHub()
    const watcher = await connectQuick(hub)
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

describe('an answer to watch', () => {
  it('waits for the same question to the others, whether or not somebody watches the node already', async () => {
    await using hubs = await startHubs(2)
    const [here, elsewhere] = [hubs.at(0), hubs.at(1)]
    const [first, second] = [await here.connectNode(), await here.connectNode()]
    const nodes = [...strangers(2), await elsewhere.connectNode()]
    const [, watched, online] = nodes
    await beginToWatch(first, watched!, online!)
    const asked = jest.spyOn(here.app.get(Instances), 'toInstance')

    for (const node of nodes) {
      for (let time = 0; time < 2; time++) {
        asked.mockClear()
        await beginToWatch(second, node)
        const nodesAsked = asked.mock.calls.map(
          ([, message]) => 'nodes' in message && message.nodes,
        )
        const nodeId = typeof node === 'string' ? node : node.id
        expect(nodesAsked).toContainEqual([nodeId.slice(0, SHORT_ID_LENGTH)])
      }
    }
  })
})

describe('a node that goes without a word', () => {
  it('is offline to its watchers when nothing was heard of it for one and a half ping intervals', async () => {
    await using hub = await startHub({ env: { WEBSOCKET_PING_SECONDS: '1' } })
    await using wire = await FaultProxy.before(hub.origin)
    const node = await quickNode(hub)
    const { socket } = await upgrade(`${wire.through(hub.socketUrl)}?token=${node.token}`)
    await socket?.next()
    const watcher = await watcherOf(hub, node)

    wire.freeze()

    expect(await watcher.next()).toEqual(presence(node.id, false))
  })
})

describe('a node that connects over and over', () => {
  const time = 30_000 + CYCLES * 100
  it(
    'is never lost, and its watchers hear of every gap and of nothing else',
    async () => {
      await using hub = await startHub({ env: { RATE_LIMIT_ENABLED: 'false' } })
      const node = await connectQuick(hub)
      const watcher = await watcherOf(hub, node)
      for (let cycle = 0; cycle < CYCLES; cycle++) {
        const older = node.socket
        const hasGap = cycle % 3 === 0
        if (hasGap) {
          older.socket[cycle % 2 === 0 ? 'terminate' : 'close']()
          expect(await watcher.next()).toEqual(presence(node, false))
        }
        await node.connect()
        if (hasGap) expect(await watcher.next()).toEqual(presence(node, true))
        // The late close of the one before takes nothing offline.
        if (cycle % 3 === 2) await older.closed
        watcher.signal(node, cycle)
        expect((await node.next()).payload).toBe(cycle)
      }

      expect(await watcher.socket.settled()).toEqual([])
      expect((await hub.fetch('GET', '/health')).body.websocket_connections).toBe(2)
    },
    time,
  )
})

describe('a watcher that does not read', () => {
  it('is told, when it reads again, how things are then', async () => {
    await using hub = await startHub({ env: { RATE_LIMIT_ENABLED: 'false' } })
    const [node, other] = [await connectQuick(hub), await quickNode(hub)]
    const watcher = await watcherOf(hub, node)
    watch(watcher, other)
    await watcher.next()
    const sender = await connectQuick(hub)
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
