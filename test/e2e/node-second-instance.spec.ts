import { afterEach, describe, expect, it, jest } from '@jest/globals'

import { SessionWatch } from '../../src/signaling/session-watch.js'
import { SessionStore } from '../../src/tokens/session.store.js'
import { expectError } from '../support/error-oracle.js'
import { freePort } from '../support/free-port.js'
import { startHub, type TestHub } from '../support/hub.js'
import { at } from '../support/hubs.js'
import type { TestNode } from '../support/test-node.js'
import { selfSigned } from '../support/x509.js'

/** Two instances of one hub, and nothing gets from one to the other: what they know they have asked for. */
async function twoInstances(): Promise<AsyncDisposable & { here: TestHub; there: TestHub }> {
  const env = { REDIS_URL: `redis://127.0.0.1:${await freePort()}` }
  const here = await startHub({ env })
  const there = await startHub({ database: here.database, env: { ...env, PUBLIC_URL: here.url } })
  return {
    here,
    there,
    [Symbol.asyncDispose]: async () => {
      await there[Symbol.asyncDispose]()
      await here[Symbol.asyncDispose]()
    },
  }
}

/** The owner of a key proves it at an instance that the squatter has never talked to. */
async function proveAt(hub: TestHub, { identity }: TestNode): Promise<TestNode> {
  const owner = await hub.nodeOf(identity)
  expect((await owner.prove()).status).toBe(201)
  return owner
}

afterEach(() => {
  jest.restoreAllMocks()
})

describe('a node that its owner has proven at another instance', () => {
  it('is no longer the squatter’s here, though this instance remembers it so', async () => {
    await using hubs = await twoInstances()
    const squatter = await hubs.there.registeredNode()
    // From here on requests of this session are believed for two seconds without asking.
    expect((await squatter.fetch('GET', '/users/me')).body.node_id).toBe(squatter.id)
    const owner = at(hubs.there, await proveAt(hubs.here, squatter))
    const socket = await owner.connect()

    const { refused } = await squatter.tryConnect()

    if (!refused) throw new Error('the squatter got a socket')
    expectError(refused, 403, 'node_not_registered')
    expect(await socket.settled()).toEqual([])
  })

  it('is not spoken for by a squatter who renews the token on an open socket', async () => {
    await using hubs = await twoInstances()
    const squatter = await hubs.there.registeredNode()
    const socket = await squatter.connect()
    await proveAt(hubs.here, squatter)

    socket.send({ type: 'auth', token: squatter.token })

    expect(await socket.next()).toMatchObject({ type: 'error', code: 'node_not_registered' })
  })

  it('stays connected when the answer about the squatter comes late', async () => {
    await using hubs = await twoInstances()
    const squatter = await hubs.there.registeredNode()
    await squatter.connect()
    const owner = at(hubs.there, await proveAt(hubs.here, squatter))
    const slow = answersLate(hubs.there)
    const looked = hubs.there.app.get(SessionWatch).look()
    expect(await slow.found).toMatchObject([{ hasEnded: false }])
    const socket = await owner.connect()

    slow.arrive()
    await looked

    expect(await socket.settled()).toEqual([])
    expectError((await squatter.tryConnect()).refused!, 403, 'node_not_registered')
    expect(await socket.settled()).toEqual([])
    expect((await owner.fetch('GET', '/users/me')).body.node_id).toBe(owner.id)
  })

  it('is given up by the squatter’s own socket when that is found, and by no other', async () => {
    await using hubs = await twoInstances()
    const squatter = await hubs.there.registeredNode()
    const other = await hubs.there.connectNode({ key: selfSigned().privateKey })
    await squatter.connect()
    await proveAt(hubs.here, squatter)

    await hubs.there.app.get(SessionWatch).look()

    expect((await squatter.closed).code).toBe(4502)
    expect(await other.socket.settled()).toEqual([])
  })
})

type Found = Awaited<ReturnType<SessionStore['lostAmong']>>

/** What Postgres answers about open connections is right, and arrives when it is told to. */
function answersLate(hub: TestHub): { found: Promise<Found>; arrive: () => void } {
  const store = hub.app.get(SessionStore)
  const ask = store.lostAmong.bind(store)
  let tellFound: (found: Found) => void = () => {}
  let arrive: () => void = () => {}
  const found = new Promise<Found>((resolve) => (tellFound = resolve))
  const arrival = new Promise<void>((resolve) => (arrive = resolve))
  jest.spyOn(store, 'lostAmong').mockImplementation(async (...asked) => {
    const lost = await ask(...asked)
    tellFound(lost)
    await arrival
    return lost
  })
  return { found, arrive: () => arrive() }
}
