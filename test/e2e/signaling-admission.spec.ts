import { describe, expect, it, jest } from '@jest/globals'
import { WebSocket } from 'ws'

import { Admissions } from '../../src/signaling/admissions.js'
import { startHub } from '../support/hub.js'
import { TestClock } from '../support/test-clock.js'
import { type Frame, TestNode, type TestSocket, upgrade } from '../support/test-node.js'

describe('an upgrade', () => {
  it('is refused before the 101 without a good credential, in the one error body', async () => {
    await using hub = await startHub()
    const node = await hub.registeredNode()
    const query = (token: string): string => `${hub.socketUrl}?token=${token}`
    const refusals = [
      [await upgrade(query('')), 'invalid_token'],
      [await upgrade(query('nonsense')), 'invalid_token'],
      [await upgrade(query(node.person.refreshToken)), 'invalid_token'],
      [await upgrade(query(`${node.token}%3D`)), 'invalid_token'],
      [await upgrade(hub.socketUrl, { authorization: 'Bearer nonsense' }), 'invalid_token'],
      [await upgrade(hub.socketUrl, { authorization: 'Basic YTpi' }), 'invalid_token'],
      [await upgrade(`${hub.socketUrl}?ticket=abc`), 'ticket_invalid'],
      [await upgrade(`${hub.socketUrl}?ticket=`), 'ticket_invalid'],
    ] as const

    for (const [{ refused }, code] of refusals) {
      expect(refused?.status).toBe(401)
      expect(refused?.headers.get('www-authenticate')).toBe('Bearer')
      expect(refused?.body).toEqual({
        detail: expect.any(String),
        error_code: code,
        request_id: expect.any(String),
      })
    }
  })

  it('takes the token from the query or from a Bearer header, with or without /api/v1', async () => {
    await using hub = await startHub()
    const node = await hub.registeredNode()
    const bearer = { authorization: `Bearer ${node.token}` }

    for (const { socket } of [
      await upgrade(`${hub.socketUrl}?token=${node.token}`),
      await upgrade(hub.socketUrl, bearer),
      await upgrade(hub.socketUrl.replace('/ws/', '/api/v1/ws/'), bearer),
    ]) {
      expect(await socket?.next()).toMatchObject({ type: 'auth_ok', node_id: node.id })
    }
  })

  it('of a session without a node is 403, and works once the node is registered', async () => {
    await using hub = await startHub()
    const person = await hub.signIn()
    const early = await upgrade(`${hub.socketUrl}?token=${person.accessToken}`)
    expect(early.refused).toMatchObject({
      status: 403,
      body: { error_code: 'node_not_registered' },
    })

    const node = await hub.registeredNode({ accountId: person.accountId })
    expect((await node.tryConnect()).refused).toBeNull()
  })

  it('with an expired token is 401 token_expired', async () => {
    const clock = new TestClock()
    await using hub = await startHub({ clock })
    const node = await hub.registeredNode()
    clock.advance({ minutes: 30 })

    expect((await node.tryConnect()).refused?.body.error_code).toBe('token_expired')
  })

  it.each([
    ['a foreign page', 'https://evil.example', 403],
    ['a page of a listed origin', 'http://localhost:1420', null],
    ['a page of null origin', 'null', 403],
  ])('from %s', async (_who, origin, status) => {
    await using hub = await startHub()
    const node = await hub.registeredNode()

    const { refused } = await upgrade(`${hub.socketUrl}?token=${node.token}`, { origin })
    expect(refused?.status ?? null).toBe(status)
  })

  it('elsewhere is 404', async () => {
    await using hub = await startHub()

    const { refused } = await upgrade(hub.socketUrl.replace('/ws/signal', '/ws/other'))
    expect(refused).toMatchObject({ status: 404, body: { error_code: 'not_found' } })
  })

  it('beyond WEBSOCKET_MAX_CONNECTIONS is 503 with Retry-After', async () => {
    await using hub = await startHub({ env: { WEBSOCKET_MAX_CONNECTIONS: '1' } })
    await hub.connectNode()
    const late = await hub.registeredNode()

    const { refused } = await late.tryConnect()
    expect(refused).toMatchObject({ status: 503, body: { error_code: 'no_room' } })
    expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0)
  })

  it('beyond it is 503 also when all come at once', async () => {
    await using hub = await startHub({ env: { WEBSOCKET_MAX_CONNECTIONS: '5' } })
    const nodes: TestNode[] = []
    while (nodes.length < 12) nodes.push(await hub.registeredNode())
    const upgrades = await Promise.all(nodes.map((node) => node.tryConnect()))

    expect(upgrades.filter(({ socket }) => socket)).toHaveLength(5)
    expect((await hub.fetch('GET', '/health')).body.websocket_connections).toBe(5)
  })

  it('from a foreign page is limited by address like any other that fails', async () => {
    await using hub = await startHub({ env: { RATE_LIMIT_UPGRADE: '2' } })
    const statuses = []
    for (let n = 0; n < 3; n++) {
      const { refused } = await upgrade(hub.socketUrl, { origin: 'https://evil.example' })
      statuses.push(refused?.status)
    }

    expect(statuses).toEqual([403, 403, 429])
  })

  it('is limited by node', async () => {
    await using hub = await startHub({ env: { RATE_LIMIT_UPGRADE: '2' } })
    const node = await hub.registeredNode()
    await node.connect()
    await node.connect()

    const { refused } = await node.tryConnect()
    expect(refused).toMatchObject({ status: 429, body: { error_code: 'rate_limited' } })
    expect(refused?.headers.get('retry-after')).not.toBeNull()
    const other = await hub.registeredNode()
    expect((await other.tryConnect()).refused).toBeNull()
  })

  it('that fails is limited by address, which does not touch good ones from there', async () => {
    await using hub = await startHub({ env: { RATE_LIMIT_UPGRADE: '2' } })
    const node = await hub.registeredNode()
    const bad = `${hub.socketUrl}?token=bad`
    const statuses = []
    for (let n = 0; n < 4; n++) statuses.push((await upgrade(bad)).refused?.status)

    expect(statuses).toEqual([401, 401, 429, 429])
    expect((await node.tryConnect()).refused).toBeNull()
  })
})

describe('a socket without credentials', () => {
  it('says who it is in its first frame, and is nobody before', async () => {
    await using hub = await startHub()
    const [node, alice] = [await hub.registeredNode(), await hub.connectNode()]
    const { socket } = await upgrade(hub.socketUrl)
    alice.signal(node, {})
    expect(await alice.next()).toMatchObject({ code: 'target_offline' })

    socket?.send({ type: 'auth', token: node.token })
    expect(await socket?.next()).toMatchObject({ type: 'auth_ok', node_id: node.id })
    alice.signal(node, 'hello')
    expect(await socket?.next()).toMatchObject({ type: 'signal', payload: 'hello' })
  })

  it('may send on at once: what follows auth is read after it', async () => {
    await using hub = await startHub()
    const node = await hub.registeredNode()
    const { socket } = await upgrade(hub.socketUrl)
    socket?.send({ type: 'auth', token: node.token })
    socket?.send({ type: 'ping', timestamp: 1 })

    expect(await socket?.next()).toMatchObject({ type: 'auth_ok' })
    expect(await socket?.next()).toEqual({ type: 'pong', timestamp: 1 })
  })

  it.each([
    ['a bad token', { type: 'auth', token: 'bad' }, 'invalid_token'],
    ['another frame', { type: 'ping' }, 'not_allowed'],
    ['no token', { type: 'auth' }, 'not_allowed'],
  ])('is told and closed for %s', async (_what, frame, code) => {
    await using hub = await startHub()
    const { socket } = await upgrade(hub.socketUrl)
    socket?.send(frame)

    expect(await socket?.next()).toMatchObject({ type: 'error', code })
    expect((await socket?.closed)?.code).toBe(1008)
  })

  it('is closed with 4408 when it says nothing', async () => {
    await using hub = await startHub()
    const { socket } = await upgrade(hub.socketUrl)

    expect((await socket?.closed)?.code).toBe(4408)
  })

  it('is one of ten from its address; a place is free again when one leaves', async () => {
    await using hub = await startHub()
    const open = await Promise.all(Array.from({ length: 10 }, () => upgrade(hub.socketUrl)))
    expect((await upgrade(hub.socketUrl)).refused).toMatchObject({ status: 503 })

    open[0]?.socket?.socket.close()
    await open[0]?.socket?.closed
    let again = await upgrade(hub.socketUrl)
    while (again.refused) again = await upgrade(hub.socketUrl)
    expect(again.socket).not.toBeNull()
  })
})

describe('an auth frame on a live connection', () => {
  it('makes it go on with the new session: the end of the old one does not close it', async () => {
    await using hub = await startHub()
    const [node, alice] = [await hub.connectNode(), await hub.connectNode()]
    const again = new TestNode(hub, await hub.signIn(node.accountId), node.identity)
    await again.register()
    node.send({ type: 'auth', token: again.token })
    expect(await node.next()).toMatchObject({ type: 'auth_ok', node_id: node.id })

    await node.fetch('POST', '/logout')
    alice.signal(node, 'still here')
    expect(await node.next()).toMatchObject({ payload: 'still here' })
    await again.fetch('POST', '/logout')
    expect((await node.closed).code).toBe(4501)
  })

  it('of another node changes nothing', async () => {
    await using hub = await startHub()
    const [node, other] = [await hub.connectNode(), await hub.registeredNode()]
    node.send({ type: 'auth', token: other.token })

    expect(await node.next()).toMatchObject({ type: 'error', code: 'node_not_registered' })
    node.signal(node, 'me')
    expect(await node.next()).toMatchObject({ sender_node_id: node.id })
  })
})

describe('auth frames on a live connection', () => {
  it('are dealt with one at a time: another is refused until the one before is answered', async () => {
    await using hub = await startHub()
    const node = await hub.connectNode()
    const admissions = hub.app.get(Admissions)
    const real = admissions.renew.bind(admissions)
    let open = (): void => undefined
    const gate = new Promise<void>((resolve) => (open = resolve))
    const renew = jest.spyOn(admissions, 'renew')
    renew.mockImplementation((...what) => gate.then(() => real(...what)))
    for (let n = 0; n < 3; n++) node.send({ type: 'auth', token: node.token })

    const refused = { type: 'error', code: 'not_allowed' }
    expect(await node.socket.settled()).toMatchObject([refused, refused])
    open()
    expect(await node.next()).toMatchObject({ type: 'auth_ok' })
    expect(renew).toHaveBeenCalledTimes(1)

    node.send({ type: 'auth', token: 'bad' })
    expect(await node.next()).toMatchObject({ code: 'invalid_token' })
    node.send({ type: 'auth', token: node.token })
    expect(await node.next()).toMatchObject({ type: 'auth_ok' })
  })

  it('count as upgrades of the node', async () => {
    await using hub = await startHub({ env: { RATE_LIMIT_UPGRADE: '3' } })
    const node = await hub.connectNode()
    const answers: Frame[] = []
    for (let n = 0; n < 3; n++) {
      node.send({ type: 'auth', token: node.token })
      answers.push(await node.next())
    }

    const refused = { code: 'rate_limited', retry_after: expect.any(Number) }
    expect(answers).toMatchObject([{ type: 'auth_ok' }, { type: 'auth_ok' }, refused])
  })
})

describe('a node that connects twice', () => {
  it('lives on in the newer connection; the older gets 4500', async () => {
    await using hub = await startHub()
    const [node, alice] = [await hub.connectNode(), await hub.connectNode()]
    const older = node.socket
    await node.connect()

    expect((await older.closed).code).toBe(4500)
    alice.signal(node, 'still here')
    expect(await node.next()).toMatchObject({ payload: 'still here' })
  })

  it('a hundred times is reachable after each, whatever the order in which old ones go', async () => {
    await using hub = await startHub({ env: { RATE_LIMIT_ENABLED: 'false' } })
    const [node, alice] = [await hub.connectNode(), await hub.connectNode()]
    for (let n = 0; n < 100; n++) {
      await node.connect()
      alice.signal(node, n)
      expect((await node.next()).payload).toBe(n)
    }
  })

  it('more than six times a minute is asked to wait', async () => {
    await using hub = await startHub()
    const node = await hub.connectNode()
    for (let n = 0; n < 6; n++) await node.connect()

    const { refused } = await node.tryConnect()
    expect(refused).toMatchObject({ status: 503, body: { error_code: 'replaced_too_often' } })
    expect(refused?.headers.get('retry-after')).not.toBeNull()
    expect(await node.socket.settled()).toEqual([])
  })

  it('at the same moment has exactly one live connection', async () => {
    await using hub = await startHub({ env: { RATE_LIMIT_ENABLED: 'false' } })
    const [node, alice] = [await hub.registeredNode(), await hub.connectNode()]
    const upgrades = await Promise.all(Array.from({ length: 8 }, () => node.tryConnect()))
    const sockets = upgrades.map(({ socket }) => socket!)
    for (const socket of sockets) expect(await socket.next()).toMatchObject({ type: 'auth_ok' })
    const ends = await Promise.race([
      Promise.all(sockets.map((socket, index) => socket.closed.then(() => index))),
      waitForClosed(sockets, 7),
    ])

    expect(ends).toHaveLength(7)
    alice.signal(node, 'once')
    const live = sockets.find((socket) => socket.socket.readyState === WebSocket.OPEN)
    expect(await live?.next()).toMatchObject({ payload: 'once' })
  })
})

function waitForClosed(sockets: TestSocket[], count: number): Promise<number[]> {
  const closed: number[] = []
  return new Promise((resolve) => {
    for (const [index, socket] of sockets.entries()) {
      void socket.closed.then(() => {
        closed.push(index)
        if (closed.length === count) resolve(closed)
      })
    }
  })
}
