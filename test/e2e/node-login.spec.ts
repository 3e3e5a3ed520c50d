import { generateKeyPairSync } from 'node:crypto'

import { describe, expect, it } from '@jest/globals'

import { expectError } from '../support/error-oracle.js'
import { type Answer, startHub } from '../support/hub.js'
import { challenge, logIn } from '../support/node-login.js'
import type { ProofLines, SentChallenge } from '../support/node-proof.js'
import { refresh } from '../support/sessions.js'
import { loginOf, type TestNode, upgrade } from '../support/test-node.js'
import { poolKey, selfSigned } from '../support/x509.js'

const p256 = () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey

/** `request_id` differs always; what is left must not. */
function told({ status, body }: Answer): unknown {
  return [status, { ...body, request_id: '' }]
}

describe('a login by the node key alone', () => {
  it.each([
    ['RSA-2048', () => poolKey(0)],
    ['P-256', p256],
    ['Ed25519', () => generateKeyPairSync('ed25519').privateKey],
  ])('begins a session of the node’s account, with an %s key', async (_type, key) => {
    await using hub = await startHub()
    const node = await hub.provenNode({ key: key() })

    const { status, body } = await logIn(hub, node.identity)

    expect([status, body]).toEqual([
      200,
      {
        access_token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
        token_type: 'Bearer',
        expires_in: 1_800,
        refresh_token: expect.stringMatching(/^[\w-]{70}$/),
        node_id: node.id,
      },
    ])
    const me = await hub.fetch('GET', '/users/me', { token: body.access_token })
    expect(me.body).toMatchObject({ id: node.accountId, node_id: node.id, provider: 'node' })
  })

  it('opens the socket at once: the session speaks for the node from the beginning', async () => {
    await using hub = await startHub()
    const node = await hub.provenNode()
    const { body } = await logIn(hub, node.identity)

    const { socket } = await upgrade(`${hub.socketUrl}?token=${body.access_token}`)

    expect(await socket?.next()).toMatchObject({ type: 'auth_ok', node_id: node.id })
  })

  it('refreshes like any session, and begins anew when that is over, for years', async () => {
    await using hub = await startHub()
    const { identity } = await hub.provenNode()
    const { body } = await logIn(hub, identity)

    hub.clock.advance({ days: 29 })
    expect(await refresh(hub, body.refresh_token)).toBe(200)
    hub.clock.advance({ days: 2 })
    expect(await refresh(hub, body.refresh_token)).toBe(401)
    hub.clock.advance({ days: 3 * 365 })
    expect((await logIn(hub, identity)).status).toBe(200)
  })

  it('is a fresh proof: with it the node can be given up', async () => {
    await using hub = await startHub()
    const node = await hub.provenNode()
    const { body } = await logIn(hub, node.identity)
    const release = () => hub.fetch('DELETE', `/nodes/${node.id}`, { token: body.access_token })

    hub.clock.advance({ minutes: 5, seconds: 1 })
    expectError(await release(), 403, 'fresh_login_required')
    const again = await logIn(hub, node.identity)
    const token = again.body.access_token
    expect((await hub.fetch('DELETE', `/nodes/${node.id}`, { token })).status).toBe(204)
  })

  it('is told to the account, with where it came from, coarsely', async () => {
    await using hub = await startHub()
    const node = await hub.provenNode()
    await logIn(hub, node.identity, { headers: { 'x-forwarded-for': '203.0.113.77' } })

    const { body } = await node.fetch('GET', '/me/events')

    expect(body.events[0]).toMatchObject({
      kind: 'node_login',
      detail: { client: 'node', method: 'node_key', place: '203.0.113.0/24' },
    })
  })

  it('takes the id in either form', async () => {
    await using hub = await startHub()
    const { identity } = await hub.provenNode()
    const nodeId = identity.nodeId.slice(0, 'dpc-node-'.length + 16)

    const { status, body } = await logIn(hub, identity, { nodeId })

    expect([status, body.node_id]).toEqual([200, identity.nodeId])
  })

  it('goes to the account that has the node now', async () => {
    await using hub = await startHub()
    const old = await hub.provenNode()
    const young = await hub.nodeOf(old.identity)
    const before = await logIn(hub, old.identity)
    await young.prove({ transfer: true })

    const { body } = await logIn(hub, old.identity)

    const me = await hub.fetch('GET', '/users/me', { token: body.access_token })
    expect(me.body.id).toBe(young.accountId)
    const former = { token: before.body.access_token }
    expectError(await hub.fetch('GET', '/users/me', former), 401, 'session_ended')
  })

  it('needs no certificate that is still valid: the key is what counts', async () => {
    await using hub = await startHub()
    const node = await hub.provenNode({ notAfter: new Date(Date.now() + 86_400_000) })
    hub.clock.advance({ days: 400 })

    expect((await logIn(hub, node.identity)).status).toBe(200)
  })
})

describe('a login by the node key is refused', () => {
  it('in the same words whether the node is unknown, unproven, given up, or another key has signed', async () => {
    await using hub = await startHub({ env: { RATE_LIMIT_ENABLED: 'false' } })
    const [proven, unproven, released] = [
      await hub.provenNode(),
      await hub.registeredNode(),
      await hub.provenNode(),
    ]
    await released.fetch('DELETE', `/nodes/${released.id}`)
    const stolen = { ...selfSigned(), nodeId: proven.identity.nodeId }
    const small = { ...selfSigned({ key: p256() }), nodeId: proven.identity.nodeId }

    const answers = [
      await logIn(hub, selfSigned()),
      await logIn(hub, unproven.identity),
      await logIn(hub, released.identity),
      await logIn(hub, stolen),
      await logIn(hub, small),
    ]

    for (const answer of answers) {
      expectError(answer, 401, 'node_login_refused')
      expect(told(answer)).toEqual(told(answers[0]!))
    }
    expect(answers[0]?.body.detail).toContain(`the origin ${hub.url}`)
  })

  it.each<[string, Partial<ProofLines>]>([
    ['another hub’s origin', { origin: 'https://hub.example' }],
    ['the label of a registration', { label: 'dpc-hub node-proof v1' }],
    ['an account', { account: '7' }],
    ['another challenge', { challenge: Buffer.alloc(32).toString('base64url') }],
    ['another end', { expiresAt: '2099-01-01T00:00:00.000Z' }],
    ['another key', { spkiSha256: '0'.repeat(64) }],
  ])('for a signature over %s', async (_what, lines) => {
    await using hub = await startHub()
    const { identity } = await hub.provenNode()

    expectError(await logIn(hub, identity, { lines }), 401, 'node_login_refused')
  })

  it('for a challenge that was used, that is too old, or that nobody made', async () => {
    await using hub = await startHub()
    const { identity } = await hub.provenNode()
    const [sent, spoilt, old] = [await challenge(hub), await challenge(hub), await challenge(hub)]
    const verify = (of: SentChallenge, lines: Partial<ProofLines> = {}) =>
      hub.fetch('POST', '/auth/node/verify', { body: loginOf(hub, identity, of, lines) })
    const first = await verify(sent)
    hub.tokens.push(first.body.access_token, first.body.refresh_token)
    expect(first.status).toBe(200)
    await verify(spoilt, { origin: 'https://hub.example' })

    for (const used of [sent, spoilt]) {
      expectError(await verify(used), 401, 'challenge_invalid')
    }
    hub.clock.advance({ seconds: 121 })
    expectError(await verify(old), 401, 'challenge_invalid')
    const nobodys = { ...old, challenge_id: 'A'.repeat(43) }
    expectError(await verify(nobodys), 401, 'challenge_invalid')
  })

  it('for the challenge of a registration, and a registration for that of a login', async () => {
    await using hub = await startHub()
    const node = await hub.provenNode()
    const [ours, theirs] = [await node.challenge(), await challenge(hub)]

    const body = loginOf(hub, node.identity, ours)
    expectError(await hub.fetch('POST', '/auth/node/verify', { body }), 401, 'challenge_invalid')
    const proof = await node.fetch('POST', '/nodes', node.proofOf(theirs))
    expectError(proof, 400, 'challenge_invalid')
  })

  it.each([
    ['no node_id', { node_id: undefined }],
    ['a node_id that is none', { node_id: 'dpc-node-1' }],
    ['no signature', { signature: undefined }],
    ['no challenge_id', { challenge_id: undefined }],
  ])('with %s', async (_what, change) => {
    await using hub = await startHub()
    const body = { ...loginOf(hub, selfSigned(), await challenge(hub)), ...change }

    expectError(await hub.fetch('POST', '/auth/node/verify', { body }), 400, 'invalid_request')
  })

  it('for a session that a transfer overtakes: it never begins in the account that lost the node', async () => {
    await using hub = await startHub({ env: { RATE_LIMIT_ENABLED: 'false' } })
    const old = await hub.provenNode({ key: p256() })
    let [holder, rival] = [old, await hub.nodeOf(old.identity)] as [TestNode, TestNode]
    for (let round = 0; round < 10; round++) {
      const [answers] = await Promise.all([
        Promise.all(Array.from({ length: 3 }, () => logIn(hub, old.identity))),
        rival.prove({ transfer: true }),
      ])
      ;[holder, rival] = [rival, holder]
      for (const { status, body } of answers) {
        expect([200, 401]).toContain(status)
        const me = await hub.fetch('GET', '/users/me', { token: body.access_token })
        if (me.status === 200) expect(me.body.id).toBe(holder.accountId)
      }
    }
  }, 60_000)
})
