import { describe, expect, it } from '@jest/globals'

import { expectError } from '../support/error-oracle.js'
import { type Answer, startHub, type TestHub } from '../support/hub.js'
import { oneTimePrekeys, publication } from '../support/prekeys.js'
import { type TestNode, type TestSocket, upgrade } from '../support/test-node.js'

/** CONTRACT: a flood drains nothing and denies nobody. */
const GIVEN_PER_MINUTE = 20
const CLAIMS_PER_MINUTE = 30

function claim(hub: TestHub, nodeId: string, token: string): Promise<Answer> {
  return hub.fetch('POST', `/nodes/${nodeId}/keys/claim`, { token })
}

/** A registered node that has published so many one-time keys. */
async function publisher(hub: TestHub, keys: number, accountId?: number): Promise<TestNode> {
  const node = await hub.registeredNode(accountId === undefined ? {} : { accountId })
  await publish(node, keys)
  return node
}

async function publish(node: TestNode, keys: number, first = 1): Promise<void> {
  const body = publication(node.identity.privateKey, oneTimePrekeys(keys, first), first)
  expect((await node.fetch('PUT', `/nodes/${node.id}/keys`, body)).status).toBe(200)
}

async function people(hub: TestHub, count: number): Promise<string[]> {
  const found = await Promise.all(Array.from({ length: count }, () => hub.signIn()))
  return found.map(({ accessToken }) => accessToken)
}

describe('one-time prekeys', () => {
  it('are not drained by forty accounts: twenty a minute, and everybody gets a bundle', async () => {
    await using hub = await startHub()
    const node = await publisher(hub, 100)
    const tokens = await people(hub, 40)
    const taken: number[] = []

    for (let minute = 1; minute <= 3; minute++) {
      const bundles = await Promise.all(
        [...tokens, ...tokens].map((token) => claim(hub, node.id, token)),
      )
      expect(bundles.map(({ status }) => status)).toEqual(bundles.map(() => 200))
      for (const { body } of bundles) {
        if (body.one_time_prekey) taken.push(body.one_time_prekey.key_id)
        // Exactly one of the two, and always the signed one.
        expect(body.one_time_prekey === null).toBe(body.last_resort_prekey !== null)
        expect(body.signed_prekey.key_id).toBe(1)
      }
      expect(taken).toHaveLength(GIVEN_PER_MINUTE * minute)
      hub.clock.advance({ minutes: 1 })
    }
    expect(new Set(taken).size).toBe(taken.length)
  })

  it('of one node are limited whoever asks, and of another not by it', async () => {
    await using hub = await startHub()
    const [node, other] = [await publisher(hub, 30), await publisher(hub, 30)]
    const [token = '', second = ''] = await people(hub, 2)
    for (let count = 0; count < GIVEN_PER_MINUTE; count++) {
      expect((await claim(hub, node.id, token)).body.one_time_prekey).not.toBeNull()
    }

    expect((await claim(hub, node.id, token)).body.one_time_prekey).toBeNull()
    expect((await claim(hub, node.id, second)).body.one_time_prekey).toBeNull()
    expect((await claim(hub, node.id, node.token)).body.one_time_prekey).toBeNull()
    expect((await claim(hub, other.id, token)).body.one_time_prekey).not.toBeNull()
  })

  it('are claimed at most thirty times a minute by one account, whichever the nodes', async () => {
    await using hub = await startHub()
    const nodes = [await publisher(hub, 30), await publisher(hub, 30), await publisher(hub, 30)]
    const stranger = await hub.signIn()
    const again = await hub.signIn(stranger.accountId)
    for (let count = 0; count < CLAIMS_PER_MINUTE; count++) {
      const { accessToken } = count % 2 ? stranger : again
      const answer = await claim(hub, nodes[count % 3]?.id ?? '', accessToken)
      expect(answer.body.one_time_prekey).not.toBeNull()
    }

    const answer = await claim(hub, nodes[0]?.id ?? '', stranger.accessToken)
    expectError(answer, 429, 'rate_limited')
    hub.clock.advance({ minutes: 1 })
    expect((await claim(hub, nodes[0]?.id ?? '', stranger.accessToken)).status).toBe(200)
  })

  it('are not limited at all with RATE_LIMIT_ENABLED=false', async () => {
    await using hub = await startHub({ env: { RATE_LIMIT_ENABLED: 'false' } })
    const node = await publisher(hub, 50)
    const [token = ''] = await people(hub, 1)

    for (let count = 1; count <= 50; count++) {
      const { body } = await claim(hub, node.id, token)
      expect(body.one_time_prekey).toMatchObject({ key_id: count })
    }
  })
})

describe('keys_low', () => {
  it('tells a modern socket of the node once a minute that ten keys or fewer are left', async () => {
    await using hub = await startHub()
    const node = await publisher(hub, 12)
    const socket = await modernSocket(node)
    const [token = ''] = await people(hub, 1)

    await claim(hub, node.id, token)
    await claim(hub, node.id, token)
    expect(await socket.next()).toEqual({ type: 'keys_low', count: 10 })
    await claim(hub, node.id, token)
    await claim(hub, node.id, token)
    expect(await socket.settled()).toEqual([])
    hub.clock.advance({ seconds: 60 })
    await claim(hub, node.id, token)
    expect(await socket.next()).toEqual({ type: 'keys_low', count: 7 })
  })

  it('tells of the last one, and of none', async () => {
    await using hub = await startHub()
    const node = await publisher(hub, 1)
    const socket = await modernSocket(node)

    await claim(hub, node.id, node.token)
    expect(await socket.next()).toEqual({ type: 'keys_low', count: 0 })
    hub.clock.advance({ seconds: 60 })
    await claim(hub, node.id, node.token)
    expect(await socket.next()).toEqual({ type: 'keys_low', count: 0 })
    await publish(node, 50, 2)
    hub.clock.advance({ seconds: 60 })
    await claim(hub, node.id, node.token)
    expect(await socket.settled()).toEqual([])
  })

  it('is neither for classic sockets nor for the person’s other nodes', async () => {
    await using hub = await startHub()
    const classic = await publisher(hub, 5)
    const other = await publisher(hub, 5, classic.accountId)
    const modern = await publisher(hub, 5)
    const classicSocket = await classic.connect()
    const otherSocket = await modernSocket(other)
    const modernOne = await modernSocket(modern)

    await claim(hub, classic.id, classic.token)
    await claim(hub, modern.id, classic.token)

    expect(await modernOne.next()).toEqual({ type: 'keys_low', count: 4 })
    expect(await classicSocket.settled()).toEqual([])
    expect(await otherSocket.settled()).toEqual([])
  })
})

/** A `?v=2` socket that has received `auth_ok`. */
async function modernSocket(node: TestNode): Promise<TestSocket> {
  const { socket } = await upgrade(`${node.hub.socketUrl}?v=2&token=${node.token}`)
  expect((await socket?.next())?.type).toBe('auth_ok')
  if (!socket) throw new Error('refused')
  return socket
}
