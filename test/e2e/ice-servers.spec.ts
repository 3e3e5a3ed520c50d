import { once } from 'node:events'

import { describe, expect, it } from '@jest/globals'

import { iceServersAnswer } from '../../src/ice/ice.schema.js'
import { startHub, type TestHub } from '../support/hub.js'
import { connectModern, type ModernConnection } from '../support/modern-client.js'
import { TestClock } from '../support/test-clock.js'
import { type Frame, TestNode } from '../support/test-node.js'

const TURN = {
  STUN_URLS: 'stun:stun.example:3478',
  TURN_URLS: 'turn:turn.example:3478?transport=udp',
  TURN_SECRET: 'shared-by-the-hub-and-its-turn-server',
}

async function iceServersOf(hub: TestHub, token: string) {
  const { status, body } = await hub.fetch('GET', '/ice-servers', { token })
  expect(status).toBe(200)
  return iceServersAnswer.parse(body)
}

/** The user name in a list that came by frame. */
function usernameIn({ ice_servers: list }: Frame): string {
  return iceServersAnswer.shape.ice_servers.parse(list)[1]?.username ?? ''
}

/** Resolves once it is told of servers: in the same sweep the hub has looked at every other connection. */
async function renewed(witness: ModernConnection): Promise<void> {
  expect(await witness.socket.next()).toMatchObject({ type: 'ice_servers' })
}

describe('GET /ice-servers', () => {
  it('gives a list that RTCPeerConnection takes, to whoever is logged in', async () => {
    await using hub = await startHub({ env: TURN })
    const { accessToken } = await hub.signIn()
    const { ice_servers: list, ttl_seconds: ttl } = await iceServersOf(hub, accessToken)

    expect(list).toEqual([
      { urls: ['stun:stun.example:3478'] },
      {
        urls: ['turn:turn.example:3478?transport=udp'],
        username: expect.stringMatching(/^\d{10}:[\w-]{16}$/),
        credential: expect.stringMatching(/^[\w+/]{27}=$/),
      },
    ])
    expect(ttl).toBe(600)
    expect((await hub.fetch('GET', '/ice-servers')).status).toBe(401)
  })

  it('has no credentials where there are STUN servers only', async () => {
    await using hub = await startHub()
    const { accessToken } = await hub.signIn()
    const node = await hub.registeredNode()
    const { greeting } = await connectModern(node)

    const stun = [{ urls: ['stun:stun.l.google.com:19302'] }]
    expect((await iceServersOf(hub, accessToken)).ice_servers).toEqual(stun)
    expect(greeting.ice_servers).toEqual(stun)
  })

  it('gives no two the same user name, and none that says who asked', async () => {
    await using hub = await startHub({ env: { ...TURN, RATE_LIMIT_ENABLED: 'false' } })
    const node = await hub.registeredNode()
    const names: string[] = []
    while (names.length < 50) {
      names.push((await iceServersOf(hub, node.token)).ice_servers[1]?.username ?? '')
      names.push(usernameIn((await connectModern(node)).greeting))
    }

    expect(new Set(names).size).toBe(names.length)
    const { nodeId, spkiSha256 } = node.identity
    for (const name of names) {
      for (const known of [nodeId.slice(9, 25), spkiSha256, String(node.accountId)]) {
        expect(name).not.toContain(known.slice(0, 8))
      }
    }
  })
})

describe('a v=2 socket', () => {
  it('is told the servers first, and others before the credentials end, again and again', async () => {
    const clock = new TestClock()
    await using hub = await startHub({ clock, env: TURN })
    const { socket, greeting } = await connectModern(await hub.registeredNode())
    const names = [usernameIn(greeting)]
    for (let renewal = 0; renewal < 3; renewal++) {
      clock.advance({ seconds: 450 })
      const frame = await socket.next()
      expect(Object.keys(frame)).toEqual(['type', 'ice_servers', 'ttl_seconds'])
      expect(frame).toMatchObject({ type: 'ice_servers', ttl_seconds: 600 })
      const [before, now] = [names.at(-1) ?? '', usernameIn(frame)].map((name) =>
        parseInt(name, 10),
      )
      // Three quarters of the former one's life have passed, and what the test took.
      expect(Number(now) - Number(before)).toBeGreaterThanOrEqual(450)
      expect(Number(before)).toBeGreaterThan(clock.now() / 1_000)
      names.push(usernameIn(frame))
    }

    expect(new Set(names).size).toBe(4)
  })

  it('is told nothing while its credentials are young', async () => {
    const clock = new TestClock()
    await using hub = await startHub({ clock, env: TURN })
    const witness = await connectModern(await hub.registeredNode())
    clock.advance({ seconds: 440 })
    const { socket } = await connectModern(await hub.registeredNode())
    clock.advance({ seconds: 10 })
    await renewed(witness)

    expect(await socket.settled()).toEqual([])
  })

  it('gets a list with the answer to another token, which lasts as long as any', async () => {
    const clock = new TestClock()
    await using hub = await startHub({ clock, env: TURN })
    const witness = await connectModern(await hub.registeredNode())
    const node = await hub.registeredNode()
    const { socket, greeting } = await connectModern(node)
    clock.advance({ seconds: 400 })
    const again = new TestNode(hub, await hub.signIn(node.accountId), node.identity)
    await again.register()
    socket.send({ type: 'auth', token: again.token })
    const answer = await socket.next()
    expect(answer.type).toBe('auth_ok')
    expect(usernameIn(answer)).not.toBe(usernameIn(greeting))

    clock.advance({ seconds: 50 })
    await renewed(witness)
    expect(await socket.settled()).toEqual([])
    clock.advance({ seconds: 400 })
    await renewed({ socket, greeting })
  })
})

describe('a classic socket', () => {
  it('is never told of ICE servers', async () => {
    const clock = new TestClock()
    await using hub = await startHub({ clock, env: TURN })
    const witness = await connectModern(await hub.registeredNode())
    const { socket } = await (await hub.registeredNode()).tryConnect()
    expect(Object.keys((await socket?.next()) ?? {})).toEqual(['type', 'message', 'node_id'])
    clock.advance({ seconds: 450 })
    await renewed(witness)

    expect(await socket?.settled()).toEqual([])
  })
})

describe('a hub without TURN servers', () => {
  it('never sends another list', async () => {
    const clock = new TestClock()
    await using hub = await startHub({ clock, env: { WEBSOCKET_PING_SECONDS: '1' } })
    const { socket } = await connectModern(await hub.registeredNode())
    clock.advance({ days: 2 })
    // A ping is from the same sweep as a list would be.
    for (let sweeps = 0; sweeps < 2; sweeps++) await once(socket.socket, 'ping')

    expect(await socket.settled()).toEqual([])
  })
})
