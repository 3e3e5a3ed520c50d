import { describe, expect, it } from '@jest/globals'

import type { SessionStart } from '../../src/tokens/session.store.js'
import { expectError } from '../support/error-oracle.js'
import { startHub, type TestHub } from '../support/hub.js'
import { logIn } from '../support/node-login.js'
import { ed25519, rotate } from '../support/node-rotation.js'
import { beginSession, refresh, type Session } from '../support/sessions.js'
import { TestNode } from '../support/test-node.js'
import { selfSigned, type SelfSigned } from '../support/x509.js'

const UNLIMITED = { env: { RATE_LIMIT_ENABLED: 'false' } }

/** What a stolen token must not be enough for; the node in the last one is proven. */
const DANGEROUS = [
  ['DELETE', '/sessions'],
  ['DELETE', '/sessions?keep=current'],
  ['DELETE', '/me'],
  ['DELETE', '/profile'],
] as const

/** Tokens that say nothing of a person who is there now. */
const WEAK: readonly [what: string, start: Partial<SessionStart>, minutes: number][] = [
  ['a desktop session of six minutes ago', { client: 'desktop' }, 6],
  ['a classic session of six minutes ago', { client: 'classic' }, 6],
  ['a device session that has just begun', { client: 'desktop', isFresh: false }, 0],
]

/** Proves a key with a session's token. */
async function proveIn(session: Session, hub: TestHub, identity = ed25519()): Promise<TestNode> {
  const node = new TestNode(hub, session, identity)
  const { status, body } = await node.prove()
  if (status > 201) throw new Error(`proof: ${JSON.stringify(body)}`)
  return node
}

/** The access token of a login by this key alone. */
async function tokenByKey(hub: TestHub, identity: SelfSigned): Promise<string> {
  const { status, body } = await logIn(hub, identity)
  expect(status).toBe(200)
  return body.access_token
}

describe('a login by the key of a node', () => {
  it.each(WEAK)('that was proven in %s is not fresh', async (_what, start, minutes) => {
    await using hub = await startHub(UNLIMITED)
    const stolen = await beginSession(hub, start)
    hub.clock.advance({ minutes })

    const { identity } = await proveIn(stolen, hub)
    const token = await tokenByKey(hub, identity)

    for (const [method, path] of [...DANGEROUS, ['DELETE', `/nodes/${identity.nodeId}`] as const]) {
      expectError(await hub.fetch(method, path, { token }), 403, 'fresh_login_required')
    }
    expect((await hub.fetch('GET', '/users/me', { token: stolen.accessToken })).status).toBe(200)
    expect((await hub.fetch('GET', '/nodes', { token })).body.nodes).toHaveLength(1)
  })

  it.each([...DANGEROUS, ['DELETE', 'the node itself'] as const])(
    'that was proven in a fresh session is enough for %s %s, however long ago that was',
    async (method, path) => {
      await using hub = await startHub()
      const { identity } = await proveIn(await beginSession(hub), hub)
      hub.clock.advance({ days: 20 })
      const token = await tokenByKey(hub, identity)

      const real = path.startsWith('/') ? path : `/nodes/${identity.nodeId}`
      expect((await hub.fetch(method, real, { token })).status).toBeLessThan(205)
    },
  )

  it('counts from when its person proves it again, freshly logged in; a later proof takes nothing away', async () => {
    await using hub = await startHub()
    const old = await beginSession(hub)
    hub.clock.advance({ minutes: 6 })
    const { identity, accountId } = await proveIn(old, hub)

    const young = await beginSession(hub, { accountId })
    await proveIn(young, hub, identity)
    hub.clock.advance({ minutes: 6 })
    await proveIn(young, hub, identity)

    const token = await tokenByKey(hub, identity)
    expect((await hub.fetch('DELETE', '/sessions', { token })).status).toBe(204)
  })

  it('counts for the account alone in which it was proven freshly, not for whoever brings it over', async () => {
    await using hub = await startHub()
    const { identity } = await proveIn(await beginSession(hub), hub)
    const thief = await beginSession(hub, { isFresh: false })
    const theirs = new TestNode(hub, thief, identity)
    expect((await theirs.prove({ transfer: true })).status).toBe(201)

    const token = await tokenByKey(hub, identity)

    expectError(await hub.fetch('DELETE', '/me', { token }), 403, 'fresh_login_required')
  })

  it.each([
    ['as much as the old key did', 0, 204],
    ['no more than the old key did', 6, 403],
  ])('that the old key has vouched for counts %s', async (_what, minutes, status) => {
    await using hub = await startHub()
    const session = await beginSession(hub)
    hub.clock.advance({ minutes })
    const node = await proveIn(session, hub)
    const next = ed25519()
    expect((await rotate(node, next, 'signed')).status).toBe(200)

    const token = await tokenByKey(hub, next)

    expect((await hub.fetch('DELETE', '/sessions', { token })).status).toBe(status)
  })
})

describe('a session that a node’s key has begun', () => {
  async function sessionByKey(hub: TestHub): Promise<{ node: TestNode; session: Session }> {
    const node = await hub.provenNode({ key: ed25519().privateKey })
    const { body } = await logIn(hub, node.identity)
    const { access_token: accessToken, refresh_token: refreshToken } = body
    return { node, session: { accountId: node.accountId, accessToken, refreshToken, id: '' } }
  }

  it('registers no other node, with proof or without', async () => {
    await using hub = await startHub()
    const { node, session } = await sessionByKey(hub)

    const without = await new TestNode(hub, session, selfSigned()).tryRegister()
    const withProof = await new TestNode(hub, session, ed25519()).prove()

    expectError(without, 403, 'other_node')
    expectError(withProof, 403, 'other_node')
    const { body } = await node.fetch('GET', '/nodes')
    expect(body.nodes.map((each: { node_id: string }) => each.node_id)).toEqual([node.id])
  })

  it('goes on speaking for its own: it may prove it again', async () => {
    await using hub = await startHub()
    const { node, session } = await sessionByKey(hub)

    expect((await new TestNode(hub, session, node.identity).prove()).status).toBe(200)
    expect((await hub.fetch('GET', '/users/me', { token: session.accessToken })).status).toBe(200)
  })

  it.each<[string, (node: TestNode, hub: TestHub) => Promise<number>]>([
    ['is given up', async (node) => (await node.fetch('DELETE', `/nodes/${node.id}`)).status],
    ['gets a new key', async (node) => (await rotate(node, ed25519(), 'signed')).status],
    [
      'goes to another account',
      async ({ identity }, hub) =>
        (await (await hub.nodeOf(identity)).prove({ transfer: true })).status,
    ],
  ])('is refreshed no more once its node %s', async (_what, lose) => {
    await using hub = await startHub()
    const { node, session } = await sessionByKey(hub)

    expect(await lose(node, hub)).toBeLessThan(205)

    expect(await refresh(hub, session.refreshToken)).toBe(401)
    const answer = await hub.fetch('GET', '/users/me', { token: session.accessToken })
    expectError(answer, 401, 'session_ended')
  })
})
