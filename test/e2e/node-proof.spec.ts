import { generateKeyPairSync, type KeyObject } from 'node:crypto'

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'

import { dpopHeaders, thumbprint } from '../support/dpop.js'
import { expectError } from '../support/error-oracle.js'
import { type Answer, startHub, type TestHub } from '../support/hub.js'
import { eventsOf, ownersOf } from '../support/node-ledger.js'
import { beginSession } from '../support/sessions.js'
import { TestNode } from '../support/test-node.js'
import { makeNodeKey, poolKey, selfSigned } from '../support/x509.js'

const p256 = () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
const ed25519 = () => generateKeyPairSync('ed25519').privateKey

describe('a challenge', () => {
  it('is 32 random bytes, good for 120 seconds, under an id of its own', async () => {
    await using hub = await startHub()
    const node = await hub.nodeOf(selfSigned())

    const [one, two] = [await node.challenge(), await node.challenge()]

    expect(Object.keys(one).sort()).toEqual(['challenge', 'challenge_id', 'expires_at'])
    expect(Buffer.from(one.challenge, 'base64url')).toHaveLength(32)
    const seconds = (Date.parse(one.expires_at) - hub.clock.now()) / 1_000
    expect(seconds).toBeGreaterThan(110)
    expect(seconds).toBeLessThanOrEqual(120)
    expect([one.challenge, one.challenge_id]).not.toEqual([two.challenge, two.challenge_id])
  })

  it('lies in the database under a hash, and is gone once used', async () => {
    await using hub = await startHub()
    const node = await hub.nodeOf(selfSigned())
    const sent = await node.challenge()
    const kept = () =>
      hub.database.query<{ row: string }>('SELECT to_jsonb(c)::text AS row FROM challenges c')

    const [before] = await kept()
    await node.fetch('POST', '/nodes', node.proofOf(sent))

    expect(before?.row).toContain(sent.challenge)
    expect(before?.row).not.toContain(sent.challenge_id)
    expect(await kept()).toEqual([])
  })

  it('needs a token', async () => {
    await using hub = await startHub()

    expectError(await hub.fetch('POST', '/nodes/challenge'), 401, 'invalid_token')
  })
})

describe('a proof', () => {
  it.each([
    ['RSA-2048', () => poolKey(0), 'rsa-2048'],
    ['P-256', p256, 'p-256'],
    ['Ed25519', ed25519, 'ed25519'],
  ])('by an %s key registers the node as proven', async (_type, key, name) => {
    await using hub = await startHub()
    const node = await hub.nodeOf(selfSigned({ key: key() }))

    const { status, body } = await node.prove({ label: 'Laptop' })

    expect([status, body]).toEqual([
      201,
      {
        node_id: node.id,
        spki_sha256: node.identity.spkiSha256,
        proven: true,
        label: 'Laptop',
        registered_at: expect.stringMatching(/Z$/),
        last_seen_at: null,
        certificate_expires_at: expect.stringMatching(/^20\d\d-.*Z$/),
        key: name,
        online: false,
      },
    ])
    expect((await node.fetch('GET', '/users/me')).body.node_id).toBe(node.id)
    const socket = await node.connect()
    expect(await socket.settled()).toEqual([])
    expect(await eventsOf(hub, node)).toEqual(['node_proven'])
  })

  it('of a node that is registered already answers 200 and makes it proven', async () => {
    await using hub = await startHub()
    const node = await hub.connectNode()

    const { status, body } = await node.prove()

    expect([status, body.proven, body.online]).toEqual([200, true, true])
    expect(await node.socket.settled()).toEqual([])
    expect(await eventsOf(hub, node)).toEqual(['node_registered', 'node_proven'])
  })

  it('repeated answers the same, keeps the label, and is told once', async () => {
    await using hub = await startHub()
    const node = await hub.nodeOf(selfSigned())
    await node.prove({ label: 'Laptop' })

    const { status, body } = await node.prove()

    expect([status, body.label]).toEqual([200, 'Laptop'])
    expect(await eventsOf(hub, node)).toEqual(['node_proven'])
  })

  it('stays when the owner’s classic client registers again, with a renewed certificate too', async () => {
    await using hub = await startHub()
    const key = makeNodeKey()
    const node = await hub.provenNode({ key })
    const later = selfSigned({ key, notAfter: new Date(Date.now() + 400 * 86_400_000) })

    await node.register()
    await new TestNode(hub, node.person, later).register()

    const { body } = await node.fetch('GET', `/nodes/${node.id}/certificate`)
    expect(body).toMatchObject({ proven: true, certificate: later.certificatePem })
  })

  it('holds for the other form of the id, by which the node is known from then on', async () => {
    await using hub = await startHub()
    const key = makeNodeKey()
    const long = await hub.provenNode({ key })
    const short = new TestNode(hub, long.person, selfSigned({ key, idLength: 16 }))

    const { status, body } = await short.prove()

    expect([status, body.node_id]).toEqual([200, short.id])
    expect(await ownersOf(hub, long.identity)).toEqual([long.accountId])
  })
})

describe('a proof is refused', () => {
  let hub: TestHub
  let node: TestNode
  let other: TestNode

  beforeAll(async () => {
    hub = await startHub({ env: { RATE_LIMIT_ENABLED: 'false' } })
    node = await hub.nodeOf(selfSigned({ key: poolKey(0) }))
    other = await hub.nodeOf(selfSigned({ key: poolKey(1) }))
  })

  afterAll(() => hub[Symbol.asyncDispose]())

  it.each<[string, (of: TestNode) => Parameters<TestNode['proofOf']>[1]]>([
    ['another hub’s origin', () => ({ origin: 'https://hub.example' })],
    ['the origin with a slash', () => ({ origin: `${hub.url}/` })],
    ['another account', () => ({ account: String(other.accountId) })],
    ['no account, as a login has it', () => ({ account: '-' })],
    ['another node', () => ({ nodeId: other.id })],
    ['another key', () => ({ spkiSha256: other.identity.spkiSha256 })],
    ['the label of a login', () => ({ label: 'dpc-hub node-login v1' })],
    ['another challenge', () => ({ challenge: Buffer.alloc(32).toString('base64url') })],
    ['another end', () => ({ expiresAt: new Date(0).toISOString() })],
    ['no end', () => ({ expiresAt: '' })],
  ])('over %s, and says which lines are wanted', async (_what, change) => {
    const sent = await node.challenge()

    const answer = await node.fetch('POST', '/nodes', node.proofOf(sent, change(node)))

    expectError(answer, 400, 'proof_invalid')
    expect(answer.body.detail).toContain(`the origin ${hub.url}`)
    expect(answer.body.detail).toContain('RSA-PSS with SHA-256 and a salt of 32 bytes')
    expect(await ownersOf(hub, node.identity)).toEqual([])
  })

  it('and says what is wrong when it is one of the usual mistakes', async () => {
    const sent = await node.challenge()

    const answer = await node.fetch('POST', '/nodes', node.proofOf(sent, { origin: `${hub.url}/` }))

    expect(answer.body.detail).toContain('line 2, the origin, ends with a slash; expected')
  })

  it('by another key', async () => {
    const sent = await node.challenge()
    const proof = { ...node.proofOf(sent), signature: other.proofOf(sent).signature }

    expectError(await node.fetch('POST', '/nodes', proof), 400, 'proof_invalid')
  })

  it('over a challenge that was used, whatever became of it', async () => {
    const [sent, spoilt] = [await node.challenge(), await node.challenge()]
    await node.fetch('POST', '/nodes', node.proofOf(spoilt, { origin: 'https://hub.example' }))
    const first = await node.fetch('POST', '/nodes', node.proofOf(sent))
    await node.fetch('DELETE', `/nodes/${node.id}`)

    expect(first.status).toBe(201)
    for (const used of [sent, spoilt]) {
      const again = await node.fetch('POST', '/nodes', node.proofOf(used))
      expectError(again, 400, 'challenge_invalid')
    }
    expect(await ownersOf(hub, node.identity)).toEqual([])
  })

  it('over a challenge of another account, which that one cannot use any more', async () => {
    const sent = await other.challenge()

    expectError(await node.fetch('POST', '/nodes', node.proofOf(sent)), 400, 'challenge_invalid')
    expectError(await other.fetch('POST', '/nodes', other.proofOf(sent)), 400, 'challenge_invalid')
  })

  it('over one that was never made', async () => {
    const sent = await node.challenge()
    for (const challengeId of ['', 'x', sent.challenge, 'A'.repeat(43)]) {
      const proof = node.proofOf({ ...sent, challenge_id: challengeId })
      expectError(await node.fetch('POST', '/nodes', proof), 400, 'challenge_invalid')
    }
  })

  it('with a certificate that fails a check, by that check’s code', async () => {
    const sent = await node.challenge()
    const expired = selfSigned({ key: poolKey(0), notAfter: new Date(Date.now() - 1_000) })
    const proof = { ...node.proofOf(sent), certificate: expired.certificatePem }

    expectError(await node.fetch('POST', '/nodes', proof), 400, 'certificate_expired')
  })

  it('for a certificate whose CN is no node id', async () => {
    const sent = await node.challenge()
    const named = selfSigned({ key: poolKey(0), commonName: 'my laptop' })
    const proof = { ...node.proofOf(sent), certificate: named.certificatePem }

    const answer = await node.fetch('POST', '/nodes', proof)

    expectError(answer, 400, 'node_id_malformed')
    expect(answer.body.detail).toContain('CN: expected dpc-node-')
  })

  it.each<[string, object]>([
    ['no signature', { signature: undefined }],
    ['a signature that is no base64', { signature: '!' }],
    ['no certificate', { certificate: undefined }],
    ['no challenge_id', { challenge_id: undefined }],
    ['a label of 65 characters', { label: 'x'.repeat(65) }],
    ['a blank label', { label: ' ' }],
    ['a label of two lines', { label: 'a\nb' }],
    ['a transfer that is no boolean', { transfer: 'yes' }],
  ])('with %s', async (_what, change) => {
    const proof = { ...node.proofOf(await node.challenge()), ...change }

    expectError(await node.fetch('POST', '/nodes', proof), 400, 'invalid_request')
  })

  it('after 120 seconds', async () => {
    const sent = await node.challenge()
    hub.clock.advance({ seconds: 121 })

    expectError(await node.fetch('POST', '/nodes', node.proofOf(sent)), 400, 'challenge_invalid')
  })
})

describe('a session bound to a key by DPoP', () => {
  /** Asks with a session that is bound to this key. */
  async function bound(hub: TestHub, key: KeyObject, accountId: number) {
    const dpopJkt = await thumbprint(key)
    const { accessToken: token } = await beginSession(hub, { accountId, dpopJkt })
    return (method: string, path: string, body?: unknown): Promise<Answer> =>
      hub.fetch(method, path, { body, headers: dpopHeaders(hub, key, { method, path, token }) })
  }

  it('registers no node of another key, with proof or without', async () => {
    await using hub = await startHub()
    const node = await hub.nodeOf(selfSigned())
    const ask = await bound(hub, p256(), node.accountId)
    const { nodeId, publicKeyPem, certificatePem } = node.identity
    const sent = await ask('POST', '/nodes/challenge')

    const proven = await ask('POST', '/nodes', node.proofOf(sent.body))
    const unproven = await ask('POST', '/register-node-id', {
      node_id: nodeId,
      public_key: publicKeyPem,
      certificate: certificatePem,
    })

    expectError(proven, 400, 'dpop_key_mismatch')
    expectError(unproven, 400, 'dpop_key_mismatch')
    expect(await ownersOf(hub, node.identity)).toEqual([])
  })

  it('registers the node of that key', async () => {
    await using hub = await startHub()
    const key = p256()
    const node = await hub.nodeOf(selfSigned({ key }))
    const ask = await bound(hub, key, node.accountId)
    const sent = await ask('POST', '/nodes/challenge')

    const { status, body } = await ask('POST', '/nodes', node.proofOf(sent.body))

    expect([status, body.proven]).toEqual([201, true])
  })
})
