import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

import { describe, expect, it } from '@jest/globals'

import { FaultProxy } from '../support/fault-proxy.js'
import { freePort } from '../support/free-port.js'
import { startHub, type TestHub } from '../support/hub.js'
import { HubProcess } from '../support/hub-process.js'
import { startHubs } from '../support/hubs.js'
import { upgrade } from '../support/test-node.js'
import { until } from '../support/until.js'

/** CONTRACT §3, TRUST C12. */
const EXITS_WITHIN_MS = 15_000

describe('a hub that stops', () => {
  it('says goodbye with 1012 to everybody and takes nobody new', async () => {
    const hub = await startHub()
    const nodes = [await hub.connectNode(), await hub.connectNode()]
    const nameless = await upgrade(hub.socketUrl)
    const stopped = hub[Symbol.asyncDispose]()

    for (const node of nodes) expect((await node.closed).code).toBe(1012)
    expect((await nameless.socket?.closed)?.code).toBe(1012)
    await stopped
    await expect(nodes[0]?.tryConnect()).rejects.toThrow(/ECONNREFUSED/)
  })

  it('tells modern clients first when to come back, and classic ones nothing they do not know', async () => {
    const hub = await startHub()
    const [classic, modern] = [await hub.connectNode(), await hub.registeredNode()]
    const { socket } = await upgrade(`${hub.socketUrl}?token=${modern.token}&v=2`)
    expect(await socket?.next()).toMatchObject({ type: 'auth_ok' })
    const stopped = hub[Symbol.asyncDispose]()

    const restart = await socket?.next()
    expect(restart).toEqual({ type: 'restart', reconnect_after_ms: expect.any(Number) })
    // It is alone: nobody can serve them before it is back.
    expect(restart?.reconnect_after_ms).toBeGreaterThanOrEqual(1_500)
    expect((await socket?.closed)?.code).toBe(1012)
    expect((await classic.closed).code).toBe(1012)
    expect(classic.socket.texts).toEqual([])
    await stopped
  })

  it('is not ready at once, and refuses upgrades while the last sockets say goodbye', async () => {
    const hub = await startHub()
    const node = await hub.registeredNode()
    const lingering = await hub.connectNode()
    lingering.socket.socket.pause()
    const stopped = hub[Symbol.asyncDispose]()

    expect((await hub.fetch('GET', '/readyz')).status).toBe(503)
    expect((await hub.fetch('GET', '/livez')).status).toBe(200)
    for (const url of [`${hub.socketUrl}?token=${node.token}`, hub.socketUrl]) {
      const { refused } = await upgrade(url)
      expect(refused).toMatchObject({ status: 503, body: { error_code: 'no_room' } })
      expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0)
    }
    await stopped
  })

  it('answers the requests it has begun to read, and ends their connections', async () => {
    const hub = await startHub()
    const { refreshToken } = await hub.signIn()
    const { socket, body } = await beginRefresh(hub, refreshToken)
    const stopped = hub[Symbol.asyncDispose]()
    // It takes no more connections: from here on it waits for this request only.
    await refusesConnections(hub)
    socket.write(body)

    const answer = await allOf(socket)
    expect(answer).toContain('HTTP/1.1 200')
    expect(answer.toLowerCase()).toContain('connection: close')
    await stopped
  })
})

describe('one of two instances that stops', () => {
  it('relays what its peers signal until they have read that they are to go', async () => {
    await using hubs = await startHubs(2)
    const [alice, bob] = [await hubs.connectNode(), await hubs.connectNode()]
    // It does not read that it is to go, but goes on sending.
    alice.socket.socket.pause()
    const stopped = hubs.at(0)[Symbol.asyncDispose]()
    await until(
      async () => (await hubs.at(0).fetch('GET', '/health')).body.websocket_connections === 0,
    )
    for (let n = 0; n < 5; n++) alice.signal(bob, n)

    for (let n = 0; n < 5; n++) {
      expect(await bob.next()).toMatchObject({ sender_node_id: alice.id, payload: n })
    }
    alice.socket.socket.resume()
    expect((await alice.closed).code).toBe(1012)
    await stopped
  })

  it('tells its senders first what became of their signals at the other', async () => {
    await using hubs = await startHubs(2)
    const [alice, bob] = [await hubs.connectNode(), await hubs.connectNode()]
    const gone = await hubs.registeredNode()
    const [wire] = hubs.carrier.wires
    wire?.slow(100)
    alice.send({ type: 'signal', target_node_id: bob.id, payload: 1, ref: 'there' })
    alice.send({ type: 'signal', target_node_id: gone.id, payload: 1, ref: 'not there' })
    expect(await alice.socket.settled()).toEqual([])
    const stopped = hubs.at(0)[Symbol.asyncDispose]()

    const answers = [await alice.next(), await alice.next()]
    expect(answers).toContainEqual({ type: 'ack', ref: 'there' })
    expect(answers).toContainEqual(
      expect.objectContaining({ code: 'target_offline', ref: 'not there' }),
    )
    expect((await alice.closed).code).toBe(1012)
    expect(await bob.next()).toMatchObject({ payload: 1 })
    await stopped
  })
})

describe('the process of a hub', () => {
  it('ends with 0 on a signal when nobody is connected', async () => {
    await using desk = await startHub()
    await using instance = await processBeside(desk)

    expect(await instance.hub.stop()).toBe(0)
  })

  it('ends in time when peers neither read nor answer', async () => {
    await using desk = await startHub()
    const nodes = [await desk.registeredNode(), await desk.registeredNode()]
    await using instance = await processBeside(desk)
    for (const { token } of nodes) {
      const { socket } = await upgrade(`${instance.socketUrl}?token=${token}`)
      socket?.socket.pause()
    }
    const began = performance.now()

    expect(await instance.hub.stop()).toBe(0)
    expect(performance.now() - began).toBeLessThan(EXITS_WITHIN_MS)
  })

  it('ends in time when its database hangs', async () => {
    await using desk = await startHub()
    await using proxy = await FaultProxy.before(desk.database.url)
    await using instance = await processBeside(desk, proxy.through(desk.database.url))
    proxy.freeze()
    const began = performance.now()

    await instance.hub.stop()
    expect(performance.now() - began).toBeLessThan(EXITS_WITHIN_MS)
  })

  it('does not wait after a second signal', async () => {
    await using desk = await startHub()
    const node = await desk.registeredNode()
    await using instance = await processBeside(desk)
    const { socket } = await upgrade(`${instance.socketUrl}?token=${node.token}`)
    // It does not answer the goodbye.
    socket?.socket.pause()

    const first = instance.hub.stop()
    while ((await fetch(`${instance.origin}/readyz`)).status === 200);
    expect([await instance.hub.stop(), await first]).toEqual([1, 1])
  })
})

interface Instance extends AsyncDisposable {
  readonly hub: HubProcess
  readonly origin: string
  readonly socketUrl: string
}

/** Another instance of the desk's hub, in a process of its own; the desk signs people in for it. */
async function processBeside(desk: TestHub, databaseUrl = desk.database.url): Promise<Instance> {
  const port = await freePort()
  const hub = await HubProcess.start({
    PORT: String(port),
    PUBLIC_URL: desk.url,
    DATABASE_URL: databaseUrl,
    SECRET_KEY: desk.config.tokens.secretKey.reveal(),
    DATA_DIR: desk.config.database.dataDir,
  })
  const origin = `http://127.0.0.1:${port}`
  const socketUrl = `ws://127.0.0.1:${port}/ws/signal`
  return { hub, origin, socketUrl, [Symbol.asyncDispose]: () => hub.kill() }
}

/** A request whose head the hub has read, and the bytes of its body, which it waits for. */
async function beginRefresh(
  { origin }: TestHub,
  refreshToken: string,
): Promise<{ socket: Socket; body: string }> {
  const { hostname, port, host } = new URL(origin)
  const body = JSON.stringify({ refresh_token: refreshToken })
  const socket = connect(Number(port), hostname)
  socket.write(
    `POST /refresh HTTP/1.1\r\nHost: ${host}\r\nExpect: 100-continue\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`,
  )
  const [answer] = await once(socket, 'data')
  expect(String(answer)).toBe('HTTP/1.1 100 Continue\r\n\r\n')
  return { socket, body }
}

/** Resolves when nobody listens there any more. */
async function refusesConnections({ origin }: TestHub): Promise<void> {
  const { hostname, port } = new URL(origin)
  for (;;) {
    const socket = connect(Number(port), hostname)
    const isTaken = await once(socket, 'connect').then(
      () => true,
      () => false,
    )
    socket.destroy()
    if (!isTaken) return
  }
}

/** What comes until the hub hangs up. */
async function allOf(socket: Socket): Promise<string> {
  let text = ''
  for await (const chunk of socket) text += String(chunk)
  return text
}
