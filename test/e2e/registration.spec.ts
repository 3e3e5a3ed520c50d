import { generateKeyPairSync } from 'node:crypto'

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'

import { startHub, type Answer, type SignedIn, type TestHub } from '../support/hub.js'
import { makeNodeKey, poolKey, selfSigned, type SelfSigned } from '../support/x509.js'

const UNLIMITED = { RATE_LIMIT_ENABLED: 'false' }

function register(hub: TestHub, person: SignedIn, identity: SelfSigned): Promise<Answer> {
  return hub.fetch('POST', '/register-node-id', {
    token: person.accessToken,
    body: {
      node_id: identity.nodeId,
      public_key: identity.publicKeyPem,
      certificate: identity.certificatePem,
    },
  })
}

async function nodeOf(hub: TestHub, person: SignedIn): Promise<[string | null, boolean]> {
  const { body } = await hub.fetch('GET', '/users/me', { token: person.accessToken })
  return [body.node_id, body.node_id_verified]
}

function codeOf({ status, body }: Answer): [number, string] {
  return [status, body.error_code]
}

function nodes(
  hub: TestHub,
): Promise<{ account_id: string; node_id: string; proven_at: Date | null }[]> {
  return hub.database.query(
    'SELECT account_id, node_id, proven_at FROM nodes ORDER BY registered_at',
  )
}

async function leave(hub: TestHub, person: SignedIn): Promise<void> {
  const { status } = await hub.fetch('DELETE', '/profile', { token: person.accessToken })
  if (status !== 204) throw new Error(`DELETE /profile: ${status}`)
}

/** The person of a deleted account logs in again: a new account, the same identity. */
async function comeBack(hub: TestHub, former: SignedIn): Promise<SignedIn> {
  const person = await hub.signIn()
  await hub.database.query('UPDATE identities SET subject = $2 WHERE account_id = $1', [
    person.accountId,
    `subject-${former.accountId}`,
  ])
  return person
}

describe('a registration', () => {
  it.each([16, 32] as const)('of a node with %i hex characters is taken', async (idLength) => {
    await using hub = await startHub()
    const person = await hub.signIn()
    const identity = selfSigned({ idLength })

    const { status, body } = await register(hub, person, identity)

    expect(identity.nodeId).toHaveLength('dpc-node-'.length + idLength)
    expect([status, body]).toEqual([
      200,
      { node_id: identity.nodeId, verified: true, message: 'Node ID registered and verified' },
    ])
    expect(await nodeOf(hub, person)).toEqual([identity.nodeId, true])
    expect(await nodes(hub)).toMatchObject([{ node_id: identity.nodeId, proven_at: null }])
  })

  it('under /api/v1 is the same', async () => {
    await using hub = await startHub()
    const { accessToken: token } = await hub.signIn()
    const { nodeId, publicKeyPem, certificatePem } = selfSigned()

    const { status } = await hub.fetch('POST', '/api/v1/register-node-id', {
      token,
      body: { node_id: nodeId, public_key: publicKeyPem, certificate: certificatePem },
    })

    expect(status).toBe(200)
  })

  it('repeated answers the same, and renews the certificate', async () => {
    await using hub = await startHub()
    const person = await hub.signIn()
    const key = makeNodeKey()
    const [old, renewed] = [
      selfSigned({ key }),
      selfSigned({ key, notAfter: new Date(Date.now() + 400 * 86_400_000) }),
    ]

    const answers = [
      await register(hub, person, old),
      await register(hub, person, old),
      await register(hub, person, renewed),
    ]

    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1)
    const [row] = await hub.database.query<{ certificate: string }>('SELECT certificate FROM nodes')
    expect(row?.certificate.trim()).toBe(renewed.certificatePem.trim())
  })

  it('under the key’s other id is the same node, seen as last registered', async () => {
    await using hub = await startHub()
    const person = await hub.signIn()
    const key = makeNodeKey()
    const [long, short] = [selfSigned({ key, idLength: 32 }), selfSigned({ key, idLength: 16 })]

    await register(hub, person, long)
    await register(hub, person, short)

    expect(await nodeOf(hub, person)).toEqual([short.nodeId, true])
    expect(await nodes(hub)).toMatchObject([{ node_id: short.nodeId }])
  })

  it('of one node leaves the person’s others', async () => {
    await using hub = await startHub()
    const person = await hub.signIn()
    const [desktop, laptop] = [selfSigned(), selfSigned()]

    await register(hub, person, desktop)
    await register(hub, person, laptop)

    expect((await nodes(hub)).map(({ node_id: id }) => id)).toEqual([desktop.nodeId, laptop.nodeId])
    expect(await nodeOf(hub, person)).toEqual([laptop.nodeId, true])
  })

  it('binds its own session and no other', async () => {
    await using hub = await startHub()
    const desktop = await hub.signIn()
    const laptop = await hub.signIn(desktop.accountId)
    const [one, two] = [selfSigned(), selfSigned()]

    await register(hub, desktop, one)
    await register(hub, laptop, two)

    expect(await nodeOf(hub, desktop)).toEqual([one.nodeId, true])
    expect(await nodeOf(hub, laptop)).toEqual([two.nodeId, true])
  })

  it('opens the socket to the session at once', async () => {
    await using hub = await startHub()
    const node = await hub.registeredNode()

    const socket = await node.connect()

    socket.send({ type: 'ping' })
    expect(await socket.next()).toMatchObject({ type: 'pong' })
  })

  it.each([32, 16] as const)(
    'of somebody else’s node, under its id of %i characters, is node_taken',
    async (idLength) => {
      await using hub = await startHub()
      const [owner, other] = [await hub.signIn(), await hub.signIn()]
      const key = makeNodeKey()
      await register(hub, owner, selfSigned({ key }))

      const answer = await register(hub, other, selfSigned({ key, idLength }))

      expect(codeOf(answer)).toEqual([400, 'node_taken'])
      expect(answer.body.detail).toContain('another account')
      expect(await nodeOf(hub, other)).toEqual([null, false])
      expect(await nodeOf(hub, owner)).toEqual([selfSigned({ key }).nodeId, true])
    },
  )

  it('of a key whose id another key has is node_id_collision, for its owner too', async () => {
    await using hub = await startHub()
    const owner = await hub.signIn()
    const node = selfSigned()
    await register(hub, owner, node)
    // No two keys with one id are at hand: the one that stands here is given another key.
    await hub.database.query('UPDATE sessions SET node = NULL')
    await hub.database.query(`UPDATE nodes SET spki_sha256 = repeat('0', 64)`)

    expect(codeOf(await register(hub, owner, node))).toEqual([400, 'node_id_collision'])
    expect(codeOf(await register(hub, await hub.signIn(), node))).toEqual([
      400,
      'node_id_collision',
    ])
  })

  it('is refused without a token, and limited to ten a minute for an account', async () => {
    await using hub = await startHub()
    const person = await hub.signIn()
    const node = selfSigned()
    const statuses: number[] = []

    for (let round = 0; round < 11; round++)
      statuses.push((await register(hub, person, node)).status)
    const { status } = await register(hub, { ...person, accessToken: '' }, node)

    expect(statuses).toEqual([...Array<number>(10).fill(200), 429])
    expect(status).toBe(401)
  })

  it('of a deleted account is refused', async () => {
    await using hub = await startHub()
    const person = await hub.signIn()
    await leave(hub, person)

    expect(codeOf(await register(hub, person, selfSigned()))).toEqual([401, 'session_ended'])
  })
})

describe('a registration is refused, with the failed check', () => {
  let hub: TestHub

  beforeAll(async () => {
    hub = await startHub()
  })

  afterAll(() => hub[Symbol.asyncDispose]())

  const rsa = (modulusLength: number) => generateKeyPairSync('rsa', { modulusLength }).privateKey
  const good = selfSigned({ key: poolKey(0) })
  const other = selfSigned({ key: poolKey(1) })
  const body = {
    node_id: good.nodeId as unknown,
    public_key: good.publicKeyPem as unknown,
    certificate: good.certificatePem as unknown,
  }
  const of = ({ nodeId, publicKeyPem, certificatePem }: SelfSigned) => ({
    node_id: nodeId,
    public_key: publicKeyPem,
    certificate: certificatePem,
  })

  it.each<[string, string, unknown]>([
    ['no body', 'invalid_request', undefined],
    ['a list', 'invalid_request', [body]],
    ['no node_id', 'invalid_request', { ...body, node_id: undefined }],
    ['no public_key', 'invalid_request', { ...body, public_key: undefined }],
    ['no certificate', 'invalid_request', { ...body, certificate: undefined }],
    ['a number for a certificate', 'invalid_request', { ...body, certificate: 1 }],
    [
      'NUL in the certificate',
      'invalid_request',
      { ...body, certificate: `${good.certificatePem}\0` },
    ],
    [
      'an id of 17 characters',
      'node_id_malformed',
      { ...body, node_id: `dpc-node-${'a'.repeat(17)}` },
    ],
    ['an id in capitals', 'node_id_malformed', { ...body, node_id: good.nodeId.toUpperCase() }],
    ['a temporary id', 'node_id_malformed', { ...body, node_id: 'dpc-node-temp-1' }],
    ['another node’s certificate', 'common_name_mismatch', { ...of(other), node_id: good.nodeId }],
    ['another node’s key', 'public_key_mismatch', { ...body, public_key: other.publicKeyPem }],
    [
      'an id that is not the key’s',
      'node_id_mismatch',
      of(selfSigned({ key: poolKey(2), nodeId: `dpc-node-${'a'.repeat(32)}` })),
    ],
    [
      'the private key',
      'private_key_sent',
      { ...body, public_key: good.privateKey.export({ type: 'pkcs8', format: 'pem' }) },
    ],
    [
      'a certificate that has expired',
      'certificate_expired',
      of(selfSigned({ key: poolKey(3), notAfter: new Date(Date.now() - 1_000) })),
    ],
    ['RSA-1024', 'key_size_unsupported', of(selfSigned({ key: rsa(1024) }))],
    [
      'P-256, which only the modern route takes',
      'key_algorithm_unsupported',
      of(selfSigned({ key: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey })),
    ],
    [
      'Ed25519, which only the modern route takes',
      'key_algorithm_unsupported',
      of(selfSigned({ key: generateKeyPairSync('ed25519').privateKey })),
    ],
  ])('%s', async (_what, code, sent) => {
    const { accessToken: token } = await hub.signIn()

    const answer = await hub.fetch('POST', '/register-node-id', { token, body: sent })

    expect(codeOf(answer)).toEqual([400, code])
    expect(answer.body.detail).toMatch(/.{12}/)
    expect(await nodes(hub)).toEqual([])
  })

  it.each([3072, 4096])('but RSA-%i is good', async (bits) => {
    const { status } = await register(hub, await hub.signIn(), selfSigned({ key: rsa(bits) }))

    expect(status).toBe(200)
  })
})

describe('a node whose account was deleted', () => {
  it('is kept for its former owner for 30 days', async () => {
    await using hub = await startHub()
    const [owner, other] = [await hub.signIn(), await hub.signIn()]
    const node = selfSigned()
    await register(hub, owner, node)
    await leave(hub, owner)

    hub.clock.advance({ days: 29 })
    const later = await hub.signIn(other.accountId)
    const refused = await register(hub, later, node)
    const back = await comeBack(hub, owner)
    const returned = await register(hub, back, node)

    expect(codeOf(refused)).toEqual([400, 'node_reserved'])
    expect(returned.status).toBe(200)
    expect(await hub.database.query('SELECT until FROM node_tombstones')).toEqual([])
    expect(codeOf(await register(hub, later, node))).toEqual([400, 'node_taken'])
  })

  it('is anybody’s after that', async () => {
    await using hub = await startHub()
    const [owner, other] = [await hub.signIn(), await hub.signIn()]
    const node = selfSigned()
    await register(hub, owner, node)
    await leave(hub, owner)

    hub.clock.advance({ days: 30, seconds: 1 })

    expect((await register(hub, await hub.signIn(other.accountId), node)).status).toBe(200)
  })

  it('is kept under each of its ids, and for each identity of the person', async () => {
    await using hub = await startHub()
    const [owner, other] = [await hub.signIn(), await hub.signIn()]
    const key = makeNodeKey()
    await register(hub, owner, selfSigned({ key }))
    await hub.database.query(
      `INSERT INTO identities (provider, subject, account_id, email_verified, linkable, last_login_at)
       VALUES ('google', '108', $1, true, true, now())`,
      [owner.accountId],
    )
    await leave(hub, owner)
    const back = await hub.signIn()
    await hub.database.query(
      `UPDATE identities SET provider = 'google', subject = '108' WHERE account_id = $1`,
      [back.accountId],
    )

    const refused = await register(hub, other, selfSigned({ key, idLength: 16 }))

    expect(codeOf(refused)).toEqual([400, 'node_reserved'])
    expect((await register(hub, back, selfSigned({ key, idLength: 16 }))).status).toBe(200)
  })

  it('leaves nothing behind that names it or its owner', async () => {
    await using hub = await startHub()
    const owner = await hub.signIn()
    const node = selfSigned()
    await register(hub, owner, node)
    await leave(hub, owner)

    const rows = await hub.database.query<{ text: string }>(
      'SELECT to_jsonb(t)::text AS text FROM node_tombstones t',
    )

    expect(rows).toHaveLength(1)
    expect(Object.keys(JSON.parse(rows[0]?.text ?? '{}')).sort()).toEqual([
      'identity_hmac',
      'node_hmac',
      'until',
    ])
    expect(rows[0]?.text).not.toContain(String(owner.accountId))
  })
})

describe('a race', () => {
  it('of 64 registrations for one node has one owner and no fault', async () => {
    await using hub = await startHub({ env: UNLIMITED })
    for (let round = 0; round < 3; round++) {
      const people = [await hub.signIn(), await hub.signIn()] as const
      const key = makeNodeKey()
      const forms = [selfSigned({ key, idLength: 16 }), selfSigned({ key, idLength: 32 })] as const

      const answers = await Promise.all(
        Array.from({ length: 64 }, async (_each, index) => {
          const person = people[index % 2 ? 1 : 0]
          const answer = await register(hub, person, forms[index % 4 < 2 ? 0 : 1])
          return { accountId: person.accountId, answer }
        }),
      )

      const winners = answers.filter(({ answer }) => answer.status === 200)
      const losers = answers.filter(({ answer }) => answer.status !== 200)
      expect(new Set(winners.map(({ accountId }) => accountId)).size).toBe(1)
      const refusals = losers.map(({ answer }) => codeOf(answer).join(' '))
      expect(new Set(refusals)).toEqual(new Set(['400 node_taken']))
      expect(winners).toHaveLength(32)
      const owners = await hub.database.query(
        'SELECT account_id::text FROM nodes WHERE node_id_32 = $1',
        [forms[1].nodeId],
      )
      expect(owners).toEqual([{ account_id: String(winners[0]?.accountId) }])
    }
  })

  it('between leaving and taking over ends with the tombstone respected', async () => {
    await using hub = await startHub({ env: UNLIMITED })
    for (let round = 0; round < 8; round++) {
      const [owner, other] = [await hub.signIn(), await hub.signIn()]
      const node = selfSigned({ key: poolKey(round) })
      await register(hub, owner, node)

      const [answers] = await Promise.all([
        Promise.all(Array.from({ length: 8 }, () => register(hub, other, node))),
        leave(hub, owner),
      ])

      for (const answer of answers) {
        expect(['400 node_taken', '400 node_reserved']).toContain(codeOf(answer).join(' '))
      }
      expect(await nodes(hub)).toEqual([])
    }
  })

  it('between registering and leaving leaves no node without an owner', async () => {
    await using hub = await startHub({ env: UNLIMITED })
    for (let round = 0; round < 8; round++) {
      const owner = await hub.signIn()
      const node = selfSigned({ key: poolKey(round) })

      const [answers] = await Promise.all([
        Promise.all(Array.from({ length: 4 }, () => register(hub, owner, node))),
        leave(hub, owner),
      ])

      for (const { status } of answers) expect([200, 401]).toContain(status)
      expect(await nodes(hub)).toEqual([])
    }
  })
})
