import { describe, expect, it } from '@jest/globals'

import { startHub } from '../support/hub.js'
import { TestClock } from '../support/test-clock.js'
import { type Frame, type TestNode, type TestSocket } from '../support/test-node.js'

const PAYLOAD = 'x'.repeat(60_000)

describe('a node that sends too fast', () => {
  it('gets one rate_limited for each frame beyond the burst, and loses none before it', async () => {
    await using hub = await startHub({
      env: { WEBSOCKET_FRAME_BURST: '20', WEBSOCKET_FRAMES_PER_SECOND: '1' },
    })
    const [alice, bob] = [await hub.connectNode(), await hub.connectNode()]
    for (let n = 0; n < 30; n++) alice.signal(bob, n)

    const errors: Frame[] = []
    for (let n = 0; n < 10; n++) errors.push(await alice.next())
    expect(errors.map(({ code }) => code)).toEqual(Array(10).fill('rate_limited'))
    expect(errors[0]?.retry_after).toBeGreaterThanOrEqual(1)
    for (let n = 0; n < 20; n++) expect((await bob.next()).payload).toBe(n)
    expect(await bob.socket.settled()).toEqual([])
  })

  it('hears of it under the ref of the frame that was too much', async () => {
    await using hub = await startHub({
      env: { WEBSOCKET_FRAME_BURST: '1', WEBSOCKET_FRAMES_PER_SECOND: '1' },
    })
    const node = await hub.connectNode()
    node.send({ type: 'ping' })
    node.send({ type: 'signal', target_node_id: node.id, payload: 1, ref: 'r' })
    expect(await node.next()).toMatchObject({ type: 'pong' })

    expect(await node.next()).toMatchObject({ code: 'rate_limited', ref: 'r' })
  })

  it('is closed with 1008 at the sixty-first error of a minute', async () => {
    await using hub = await startHub()
    const node = await hub.connectNode()
    for (let n = 0; n < 61; n++) node.send('not json')

    for (let n = 0; n < 61; n++) expect(await node.next()).toMatchObject({ code: 'invalid_json' })
    expect((await node.closed).code).toBe(1008)
  })

  it('is not counted when the operator turns rates off', async () => {
    await using hub = await startHub({
      env: {
        RATE_LIMIT_ENABLED: 'false',
        WEBSOCKET_FRAME_BURST: '1',
        WEBSOCKET_FRAMES_PER_SECOND: '1',
      },
    })
    const node = await hub.connectNode()
    for (let n = 0; n < 500; n++) node.send('not json')

    expect(await node.socket.settled()).toHaveLength(500)
  })
})

describe('WEBSOCKET_MAX_FRAME_BYTES', () => {
  it('is the size of the largest frame', async () => {
    await using hub = await startHub({ env: { WEBSOCKET_MAX_FRAME_BYTES: '1024' } })
    const node = await hub.connectNode()
    node.send(' '.repeat(1_025))

    expect((await node.closed).code).toBe(1009)
  })
})

describe('a target that does not read', () => {
  it('is reported as slow to its senders, who go on, and is closed with 1013', async () => {
    await using hub = await startHub({ env: { RATE_LIMIT_ENABLED: 'false' } })
    const [alice, carol] = [await hub.connectNode(), await hub.connectNode()]
    const sleeper = await hub.connectNode()
    sleeper.socket.socket.pause()

    const slow = await floodUntil('target_slow', alice, sleeper)
    expect(slow).toMatchObject({ code: 'target_slow', target_node_id: sleeper.id, retry_after: 1 })

    // The sender is not held up: what it sends elsewhere arrives.
    alice.signal(carol, 'meanwhile')
    expect(await carol.next()).toMatchObject({ payload: 'meanwhile' })

    // Closed when it has not drained for ten seconds; from then on it is offline.
    await floodUntil('target_offline', alice, sleeper)
    sleeper.socket.socket.resume()
    expect([1006, 1013]).toContain((await sleeper.closed).code)
  })

  it('that reads again gets what was queued, in order, and nothing twice', async () => {
    await using hub = await startHub({ env: { RATE_LIMIT_ENABLED: 'false' } })
    const [alice, sleeper] = [await hub.connectNode(), await hub.connectNode()]
    sleeper.socket.socket.pause()
    let sent = 0
    const refused = new Set<number>()
    while (refused.size === 0) {
      alice.signal(sleeper, { n: sent++, PAYLOAD })
      for (const error of await alice.socket.settled()) {
        expect(error.code).toBe('target_slow')
        refused.add(sent - 1)
      }
    }
    sleeper.socket.socket.resume()

    for (let n = 0; n < sent; n++) {
      if (!refused.has(n)) expect((await sleeper.next()).payload.n).toBe(n)
    }
    alice.signal(sleeper, 'awake')
    expect((await sleeper.next()).payload).toBe('awake')
  })

  it('may leave 128 frames waiting, whatever their bytes', async () => {
    await using hub = await startHub({
      env: { RATE_LIMIT_ENABLED: 'false', WEBSOCKET_MAX_QUEUED_BYTES: '268435456' },
    })
    const [alice, sleeper] = [await hub.connectNode(), await hub.connectNode()]
    sleeper.socket.socket.pause()
    // What the kernels buffer is not waiting in the hub: fill that first, with large frames.
    const first = await floodUntil('target_slow', alice, sleeper)

    expect(first.code).toBe('target_slow')
  })
})

describe('a node that does not read its own answers', () => {
  it('is closed: no answer is dropped in silence', async () => {
    await using hub = await startHub({ env: { RATE_LIMIT_ENABLED: 'false' } })
    const [alice, bob] = [await hub.connectNode(), await hub.connectNode()]
    const timestamp = 'x'.repeat(60_000)
    alice.socket.socket.pause()
    for (let n = 0; n < 400; n++) alice.send({ type: 'ping', timestamp })

    await offline(bob, alice)
  })
})

describe('a peer that goes without a word', () => {
  it('is offline when nothing was heard of it for one and a half ping intervals', async () => {
    await using hub = await startHub({
      env: { WEBSOCKET_PING_SECONDS: '1', RATE_LIMIT_ENABLED: 'false' },
    })
    const [alice, dead] = [await hub.connectNode(), await hub.connectNode()]
    // It no longer answers pings: its end of the wire is frozen.
    dead.socket.socket.pause()

    await offline(alice, dead)
    expect((await hub.fetch('GET', '/health')).body.websocket_connections).toBe(1)
  })

  it('stays while it answers pings and says nothing else', async () => {
    await using hub = await startHub({ env: { WEBSOCKET_PING_SECONDS: '1' } })
    const node = await hub.connectNode()
    for (let pings = 0; pings < 4; pings++) {
      await new Promise((resolve) => node.socket.socket.once('ping', resolve))
    }

    expect(await node.socket.settled()).toEqual([])
  })
})

describe('a session', () => {
  it('keeps its connection beyond the life of the access token, and ends it with 4401', async () => {
    const clock = new TestClock()
    await using hub = await startHub({ clock })
    const node = await hub.connectNode()
    clock.advance({ days: 29 })
    expect(await node.socket.settled()).toEqual([])

    clock.advance({ days: 1 })
    expect((await node.closed).code).toBe(4401)
  })
})

/** Sends 60 kB frames until the sender is told `code`, and returns that error. */
async function floodUntil(code: string, from: TestNode, to: TestNode): Promise<Frame> {
  for (;;) {
    from.signal(to, PAYLOAD)
    const error = (await from.socket.settled()).find((frame) => frame.code === code)
    if (error) return error
  }
}

/** Resolves when `target` is offline for `asker`. */
async function offline(asker: TestNode, target: TestNode): Promise<void> {
  const socket: TestSocket = asker.socket
  for (;;) {
    asker.signal(target, 0)
    if ((await socket.settled()).some(({ code }) => code === 'target_offline')) return
  }
}
