import { once } from 'node:events'

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { WebSocket } from 'ws'

import { PingIntervals } from '../../src/signaling/ping-intervals.js'
import { startHub, type TestHub } from '../support/hub.js'
import { connectModern } from '../support/modern-client.js'
import { TestClock } from '../support/test-clock.js'
import { type Frame, type TestNode, TestSocket } from '../support/test-node.js'

/** Milliseconds: the operator's interval, and the shortest that half of it may be. */
const BASE = 8_000
const SHORTEST = 5_000

const clock = new TestClock()
let hub: TestHub

beforeAll(async () => {
  hub = await startHub({ clock, env: { WEBSOCKET_PING_SECONDS: '8', RATE_LIMIT_ENABLED: 'false' } })
})

afterAll(() => hub[Symbol.asyncDispose]())

/** A connection on which nothing passes: its client answers no ping. */
async function mute(node: TestNode): Promise<{ socket: TestSocket; greeting: Frame }> {
  const url = `${hub.socketUrl}?v=2&token=${node.token}`
  const socket = new TestSocket(new WebSocket(url, { autoPong: false }))
  return { socket, greeting: await socket.next() }
}

/** What the hub tells the node to do when it is back. */
async function intervalOf(node: TestNode): Promise<number> {
  const { socket, greeting } = await connectModern(node)
  socket.socket.close()
  await socket.closed
  return greeting.ping_interval_ms
}

/** The hub pings a mute connection, in vain; then it ends in this way, and the node comes back. */
async function backAfter(end: (socket: TestSocket) => Promise<unknown>): Promise<number> {
  const node = await hub.registeredNode()
  const { socket, greeting } = await mute(node)
  expect(greeting.ping_interval_ms).toBe(BASE)
  await once(socket.socket, 'ping')
  await end(socket)
  return intervalOf(node)
}

/** As a NAT does that has forgotten the connection: without a word to WebSocket. */
function reset({ socket }: TestSocket): Promise<unknown> {
  const gone = once(socket, 'close')
  const { _socket: stream } = socket as unknown as { _socket: { resetAndDestroy(): void } }
  stream.resetAndDestroy()
  return gone
}

/** A node whose next connection is to be pinged more often. */
async function wavering(): Promise<TestNode> {
  const node = await hub.registeredNode()
  const { socket } = await mute(node)
  await once(socket.socket, 'ping')
  await reset(socket)
  return node
}

/** The one of them that the hub pings first. */
async function firstPinged(...sockets: TestSocket[]): Promise<TestSocket> {
  const pinged = sockets.map(async (each) => {
    await once(each.socket, 'ping')
    return each
  })
  return Promise.race(pinged)
}

describe('the ping interval of a node that comes back', () => {
  let intervals: Record<string, number>
  let nodes: TestNode[]

  beforeAll(async () => {
    // All at once: each takes a ping interval of silence.
    const [hungUp, wasReset, changedOver, saidGoodbye, wentAtOnce, ...others] = await Promise.all([
      backAfter((socket) => socket.closed),
      backAfter(reset),
      backAfter(() => Promise.resolve()),
      backAfter((socket) => {
        socket.socket.close()
        return socket.closed
      }),
      backAfter(async (socket) => {
        await socket.settled()
        await reset(socket)
      }),
      wavering(),
      wavering(),
      wavering(),
      wavering(),
    ])
    intervals = { hungUp, wasReset, changedOver, saidGoodbye, wentAtOnce }
    nodes = others
  }, 60_000)

  it.each([
    ['is shorter when the hub had to hang up', 'hungUp', SHORTEST],
    ['is shorter when the way between was gone', 'wasReset', SHORTEST],
    ['is shorter when the client saw it first and came back', 'changedOver', SHORTEST],
    ['is the same when the client closed its socket', 'saidGoodbye', BASE],
    ['is the same when the client was there until the end', 'wentAtOnce', BASE],
  ])('%s', (_what, how, expected) => {
    expect(intervals[how]).toBe(expected)
  })

  it('is what the hub itself keeps to', async () => {
    const steady = await connectModern(await hub.registeredNode())
    const back = await connectModern(nodes.pop()!)

    expect(await firstPinged(steady.socket, back.socket)).toBe(back.socket)
  })

  it('is not told to a classic client, which is pinged by it all the same', async () => {
    const steady = await connectModern(await hub.registeredNode())
    const url = `${hub.socketUrl}?token=${nodes.pop()?.token}`
    const classic = new TestSocket(new WebSocket(url))
    expect(Object.keys(await classic.next())).toEqual(['type', 'message', 'node_id'])

    expect(await firstPinged(steady.socket, classic)).toBe(classic)
  })

  it('is the hub’s again after ten minutes, of life or of absence; then nobody is remembered', async () => {
    const [lived, away] = [nodes.pop()!, nodes.pop()!]
    const { socket, greeting } = await connectModern(lived)
    expect(greeting.ping_interval_ms).toBe(SHORTEST)
    clock.advance({ minutes: 10 })
    socket.socket.close()
    await socket.closed

    expect(await intervalOf(away)).toBe(BASE)
    expect(await intervalOf(lived)).toBe(BASE)
    expect(hub.app.get(PingIntervals).size).toBe(0)
  })
})
