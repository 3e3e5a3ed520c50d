import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'

import { startHub, type TestHub } from '../support/hub.js'
import { selfSigned } from '../support/x509.js'
import type { TestNode } from '../support/test-node.js'

const OFFER = { type: 'offer', sdp: 'v=0\r\no=- 46117 2 IN IP4 127.0.0.1\r\n' }

let hub: TestHub
let alice: TestNode
let bob: TestNode

beforeAll(async () => {
  hub = await startHub({ env: { RATE_LIMIT_ENABLED: 'false' } })
  alice = await hub.connectNode()
  bob = await hub.connectNode({ idLength: 16 })
})

afterAll(() => hub[Symbol.asyncDispose]())

describe('a connection', () => {
  it('is greeted by auth_ok, exactly as classic clients know it', async () => {
    const node = await hub.registeredNode()
    const { socket } = await node.tryConnect()

    expect(await socket?.next()).toEqual({
      type: 'auth_ok',
      message: `Successfully connected as ${node.id}`,
      node_id: node.id,
    })
  })

  it('is counted by /health while it is open', async () => {
    const before = (await hub.fetch('GET', '/health')).body.websocket_connections
    const node = await hub.connectNode()
    expect((await hub.fetch('GET', '/health')).body.websocket_connections).toBe(before + 1)

    node.socket.socket.terminate()
    await node.closed
    // The hub has heard of the end when the target is offline for others.
    await until(async () => {
      alice.signal(node, {})
      return (await alice.socket.settled()).some(({ code }) => code === 'target_offline')
    })
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

  it.each(['null', '"text"', '[1,2]', '0', 'true', '{}', '""'])('may carry %s', async (payload) => {
    alice.send(`{"type":"signal","target_node_id":"${bob.id}","payload":${payload}}`)

    expect(await bob.socket.nextText()).toContain(`"payload":${payload}}`)
  })

  it('finds a node by either form of its id, and repeats the form its sender wrote', async () => {
    const long = (
      await hub.database.query<{ node_id_32: string }>(
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
    const node = await hub.connectNode({ idLength: 16 })
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
    const count = 2_000
    for (let n = 0; n < count; n++) {
      alice.signal(bob, { n })
      bob.signal(alice, { n })
    }
    for (let n = 0; n < count; n++) {
      expect((await bob.next()).payload.n).toBe(n)
      expect((await alice.next()).payload.n).toBe(n)
    }
  })
})

describe('exactly one error', () => {
  const anOffline = `dpc-node-${'0'.repeat(32)}`

  it.each([
    ['an offline target', { target_node_id: anOffline, payload: {} }, 'target_offline'],
    ['a target that is no id', { target_node_id: 'bob', payload: {} }, 'target_offline'],
    [
      'a target in upper case',
      { target_node_id: 'DPC-NODE-' + 'A'.repeat(32), payload: {} },
      'target_offline',
    ],
    [
      'a target of 17 characters',
      { target_node_id: `dpc-node-${'0'.repeat(17)}`, payload: {} },
      'target_offline',
    ],
    ['no target', { payload: {} }, 'missing_target'],
    ['an empty target', { target_node_id: '', payload: {} }, 'missing_target'],
    ['a null target', { target_node_id: null, payload: {} }, 'missing_target'],
    ['a numeric target', { target_node_id: 7, payload: {} }, 'invalid_frame'],
    ['an object as target', { target_node_id: {}, payload: {} }, 'invalid_frame'],
    ['no payload', { target_node_id: anOffline }, 'invalid_frame'],
  ])('answers a signal with %s', async (_what, frame, code) => {
    alice.send({ type: 'signal', ...frame })

    expect(await alice.socket.settled()).toEqual([
      expect.objectContaining({ type: 'error', code, message: expect.any(String) }),
    ])
  })

  it.each([
    ['text that is no JSON', '{"type":', 'invalid_json'],
    ['nothing', '', 'invalid_json'],
    ['NaN', 'NaN', 'invalid_json'],
    ['a comment', '{"type":"ping"} // hi', 'invalid_json'],
    ['a BOM', '\uFEFF{"type":"ping"}', 'invalid_json'],
    ['an array', '[]', 'processing_error'],
    ['a string', '"ping"', 'processing_error'],
    ['null', 'null', 'processing_error'],
    ['no type', '{}', 'unknown_message_type'],
    ['an unknown type', '{"type":"subscribe"}', 'unknown_message_type'],
    ['a type that is no text', '{"type":{}}', 'unknown_message_type'],
    ['a type of the prototype', '{"type":"__proto__"}', 'unknown_message_type'],
    ['two types', '{"type":"ping","type":"ping"}', 'invalid_frame'],
    ['an escaped key', '{"type":"signal","target_node_id":"x","payl\\u006fad":1}', 'invalid_frame'],
    [
      'two payloads',
      '{"type":"signal","target_node_id":"x","payload":1,"payload":2}',
      'invalid_frame',
    ],
    ['an object as timestamp', '{"type":"ping","timestamp":{}}', 'invalid_frame'],
    [
      'nesting beyond 32',
      `{"type":"signal","target_node_id":"x","payload":${'['.repeat(32)}${']'.repeat(32)}}`,
      'frame_too_deep',
    ],
    [
      'nesting beyond reason',
      `{"type":"ping","x":${'['.repeat(30_000)}${']'.repeat(30_000)}}`,
      'frame_too_deep',
    ],
    ['two types, one unknown', '{"type":"ping","type":"nope"}', 'invalid_frame'],
  ])('answers %s', async (_what, text, code) => {
    alice.send(text)

    expect(await alice.socket.settled()).toEqual([expect.objectContaining({ type: 'error', code })])
  })

  it('answers auth with a bad token', async () => {
    alice.send({ type: 'auth', token: 'bad' })

    expect(await alice.next()).toMatchObject({ type: 'error', code: 'invalid_token' })
  })

  it('answers a binary frame', async () => {
    alice.socket.socket.send(Buffer.from('{"type":"ping"}'), { binary: true })

    expect(await alice.socket.settled()).toEqual([
      expect.objectContaining({ code: 'processing_error' }),
    ])
  })

  it('repeats no more than 64 characters of what was sent', async () => {
    alice.signal('x'.repeat(60_000), {})

    const [error] = await alice.socket.settled()
    expect(error).toMatchObject({ code: 'target_offline', target_node_id: 'x'.repeat(64) })
    expect(JSON.stringify(error).length).toBeLessThan(300)
  })

  it('lets 32 levels pass', async () => {
    const payload = '['.repeat(31) + ']'.repeat(31)
    alice.send(`{"type":"signal","target_node_id":"${bob.id}","payload":${payload}}`)

    expect(await bob.socket.nextText()).toContain(payload)
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
    const sender = await hub.connectNode()
    sender.signal(bob, 'x'.repeat(65_536))

    expect((await sender.closed).code).toBe(1009)
    expect(await bob.socket.settled()).toEqual([])
  })

  it('is one byte more than a frame that arrives', async () => {
    const overhead = JSON.stringify({ type: 'signal', target_node_id: bob.id, payload: '' }).length
    alice.signal(bob, 'x'.repeat(65_536 - overhead))

    expect((await bob.next()).payload).toHaveLength(65_536 - overhead)
  })
})

describe('bytes that are no frames', () => {
  it.each([
    ['an unmasked frame', Buffer.from([0x81, 0x02, 0x7b, 0x7d]), 1002],
    ['a reserved opcode', Buffer.from([0x83, 0x80, 0, 0, 0, 0]), 1002],
    ['a reserved bit', Buffer.from([0xc1, 0x80, 0, 0, 0, 0]), 1002],
    ['a continuation of nothing', Buffer.from([0x80, 0x80, 0, 0, 0, 0]), 1002],
    ['invalid UTF-8', Buffer.from([0x81, 0x81, 0, 0, 0, 0, 0xff]), 1007],
    [
      'a length beyond the limit',
      Buffer.from([0x81, 0xff, 0x7f, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0]),
      1009,
    ],
  ])('close their sender: %s', async (_what, bytes, code) => {
    const node = await hub.connectNode()
    // @ts-expect-error -- the raw stream below ws
    node.socket.socket._socket.write(bytes)

    expect((await node.closed).code).toBe(code)
  })

  it('are also more than 16 fragments of one frame', async () => {
    const node = await hub.connectNode()
    for (let n = 0; n < 20; n++) node.socket.socket.send(' ', { fin: false })

    expect((await node.closed).code).toBeGreaterThanOrEqual(1002)
  })
})

/** Asks again until it is so; each question is a round trip, so nothing spins. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo()));
}
