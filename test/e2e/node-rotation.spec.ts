import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto'

import { describe, expect, it } from '@jest/globals'

import { PendingRotations } from '../../src/nodes/rotation/pending-rotations.js'
import { dpopHeaders, thumbprint } from '../support/dpop.js'
import { expectError } from '../support/error-oracle.js'
import { type Answer, startHub, type TestHub } from '../support/hub.js'
import { type SentChallenge, signText } from '../support/node-proof.js'
import { beginSession } from '../support/sessions.js'
import { type TestNode, upgrade } from '../support/test-node.js'
import { selfSigned, type SelfSigned } from '../support/x509.js'

const ed25519 = () => selfSigned({ key: generateKeyPairSync('ed25519').privateKey })

/** The nine lines that the old key signs, written out here so that nothing of the hub's own is believed. */
function rotationText(
  { hub, accountId, identity: old }: TestNode,
  next: SelfSigned,
  sent: SentChallenge,
): string {
  return [
    'dpc-hub node-rotation v1',
    hub.url,
    String(accountId),
    old.nodeId,
    old.spkiSha256,
    next.nodeId,
    next.spkiSha256,
    sent.challenge,
    sent.expires_at,
  ].join('\n')
}

/** What POST /nodes/{node_id}/rotate takes, with the old key's word or without. */
async function rotation(
  node: TestNode,
  next: SelfSigned,
  how: 'signed' | 'unsigned',
): Promise<Record<string, string>> {
  const sent = await node.challenge()
  const { nodeId, spkiSha256, certificatePem, privateKey } = next
  const { challenge_id, signature } = node.proofOf(sent, { nodeId, spkiSha256 }, privateKey)
  const body = { certificate: certificatePem, challenge_id, signature }
  const text = rotationText(node, next, sent)
  if (how === 'unsigned') return body
  return { ...body, continuity_signature: signText(node.identity.privateKey, text) }
}

async function rotate(
  node: TestNode,
  next: SelfSigned,
  how: 'signed' | 'unsigned',
): Promise<Answer> {
  return node.fetch('POST', `/nodes/${node.id}/rotate`, await rotation(node, next, how))
}

/** What time does, at once. */
async function passDays(hub: TestHub, days: number): Promise<void> {
  hub.clock.advance({ days })
  await hub.app.get(PendingRotations).applyDue()
}

async function idsOf(node: { accountId: number; hub: TestHub }): Promise<string[]> {
  const { accessToken: token } = await node.hub.signIn(node.accountId)
  const { body } = await node.hub.fetch('GET', '/nodes', { token })
  return body.nodes.map(({ node_id: id }: { node_id: string }) => id)
}

async function certificateOf(hub: TestHub, nodeId: string): Promise<Answer> {
  const { accessToken: token } = await hub.signIn()
  return hub.fetch('GET', `/nodes/${nodeId}/certificate`, { token })
}

async function eventsOf(hub: TestHub, { accountId }: TestNode): Promise<string[]> {
  const rows = await hub.database.query<{ kind: string }>(
    `SELECT kind FROM audit_events WHERE account_id = $1 AND kind LIKE 'node_rot%' ORDER BY id`,
    [accountId],
  )
  return rows.map(({ kind }) => kind)
}

describe('a new key that the old one has signed', () => {
  it('takes the node’s place at once, with its label and its sessions', async () => {
    await using hub = await startHub()
    const node = await hub.provenNode()
    await node.fetch('PATCH', `/nodes/${node.id}`, { label: 'Laptop' })
    await node.connect()
    const next = ed25519()

    const { status, body } = await rotate(node, next, 'signed')

    expect([status, body]).toEqual([
      200,
      {
        status: 'rotated',
        node: expect.objectContaining({
          node_id: next.nodeId,
          spki_sha256: next.spkiSha256,
          proven: true,
          label: 'Laptop',
          key: 'ed25519',
        }),
      },
    ])
    expect((await node.closed).code).toBe(4502)
    expect(await idsOf(node)).toEqual([next.nodeId])
    expect((await node.fetch('GET', '/users/me')).body.node_id).toBe(next.nodeId)
    const { socket } = await node.tryConnect()
    expect(await socket?.next()).toMatchObject({ type: 'auth_ok', node_id: next.nodeId })
    expect(await eventsOf(hub, node)).toEqual(['node_rotated'])
  })

  it('needs no fresh login: the old key’s signature is one', async () => {
    await using hub = await startHub()
    const node = await hub.provenNode()
    const old = await beginSession(hub, { accountId: node.accountId })
    hub.clock.advance({ minutes: 6 })
    const body = await rotation(node, ed25519(), 'signed')

    const answer = await hub.fetch('POST', `/nodes/${node.id}/rotate`, {
      token: old.accessToken,
      body,
    })

    expect(answer.status).toBe(200)
  })

  it('is told to those who ask for the old id, with what the old key has signed', async () => {
    await using hub = await startHub()
    const node = await hub.provenNode()
    const next = ed25519()
    await rotate(node, next, 'signed')

    for (const id of [node.id, node.id.slice(0, 'dpc-node-'.length + 16)]) {
      const { status, body } = await certificateOf(hub, id)
      expect([status, body]).toEqual([
        200,
        {
          node_id: node.id,
          spki_sha256: node.identity.spkiSha256,
          certificate: node.identity.certificatePem,
          proven: true,
          successor: {
            node_id: next.nodeId,
            spki_sha256: next.spkiSha256,
            continuity: 'key',
            statement: expect.stringContaining(`\n${next.nodeId}\n${next.spkiSha256}\n`),
            signature: expect.stringMatching(/^[\w-]+$/),
          },
        },
      ])
      const { statement, signature } = body.successor
      const isSigned = verify(
        'sha256',
        Buffer.from(statement),
        { key: createPublicKey(body.certificate), padding: 6, saltLength: 32 },
        Buffer.from(signature, 'base64url'),
      )
      expect(isSigned).toBe(true)
    }
    expect((await certificateOf(hub, next.nodeId)).body.successor).toBeUndefined()
  })

  it('leads on, from key to key', async () => {
    await using hub = await startHub()
    const first = await hub.provenNode()
    const [second, third] = [ed25519(), ed25519()]
    await rotate(first, second, 'signed')
    const node = await hub.nodeOf(second, first.accountId)
    await rotate(node, third, 'signed')

    const names = [first.id, second.nodeId, third.nodeId]
    const told = await Promise.all(names.map((id) => certificateOf(hub, id)))

    expect(told.map(({ body }) => body.successor?.node_id)).toEqual([
      second.nodeId,
      third.nodeId,
      undefined,
    ])
    expect(await idsOf(first)).toEqual([third.nodeId])
  })

  it('may follow a key that was never proven: its signature is the proof', async () => {
    await using hub = await startHub()
    const node = await hub.registeredNode()
    const next = ed25519()

    expect((await rotate(node, next, 'signed')).status).toBe(200)
    expect(await idsOf(node)).toEqual([next.nodeId])
  })

  it('may be a node of the account already: the two become one', async () => {
    await using hub = await startHub()
    const node = await hub.provenNode()
    const next = await hub.provenNode({ accountId: node.accountId })
    await next.connect()

    expect((await rotate(node, next.identity, 'signed')).status).toBe(200)

    expect(await idsOf(node)).toEqual([next.id])
    expect(await next.socket.settled()).toEqual([])
  })

  it('takes its place from a squatter', async () => {
    await using hub = await startHub()
    const node = await hub.provenNode()
    const squatter = await hub.connectNode()
    const next = squatter.identity

    expect((await rotate(node, next, 'signed')).status).toBe(200)

    expect((await squatter.closed).code).toBe(4502)
    expect([await idsOf(node), await idsOf(squatter)]).toEqual([[next.nodeId], []])
  })

  it('leaves the old id to its owner for 30 days', async () => {
    await using hub = await startHub()
    const node = await hub.provenNode()
    await rotate(node, ed25519(), 'signed')
    const other = await hub.nodeOf(node.identity)

    expectError(await other.tryRegister(), 400, 'node_reserved')
    expect((await node.tryRegister()).status).toBe(200)
  })

  it('ends the sessions that stand on the old key; the others speak for the new node', async () => {
    await using hub = await startHub()
    const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
    const node = await hub.provenNode({ key })
    const { accountId, identity } = node
    const of = { accountId, node: identity.spkiSha256 }
    const byKey = await beginSession(hub, { ...of, client: 'node' })
    const dpopJkt = await thumbprint(key)
    const bound = await beginSession(hub, { ...of, dpopJkt })
    const desktop = await beginSession(hub, of)
    const next = ed25519()

    await rotate(node, next, 'signed')

    const me = async (token: string) => hub.fetch('GET', '/users/me', { token })
    expect((await me(byKey.accessToken)).status).toBe(401)
    const request = { method: 'GET', path: '/users/me', token: bound.accessToken }
    const asked = await hub.fetch('GET', '/users/me', { headers: dpopHeaders(hub, key, request) })
    expect(asked.status).toBe(401)
    expect((await me(desktop.accessToken)).body.node_id).toBe(next.nodeId)
  })

  it('goes on in the session that asked for it, one begun by the old key too', async () => {
    await using hub = await startHub()
    const node = await hub.provenNode()
    const of = { accountId: node.accountId, node: node.identity.spkiSha256 }
    const { accessToken: token } = await beginSession(hub, { ...of, client: 'node' })
    const body = await rotation(node, ed25519(), 'signed')

    const { status } = await hub.fetch('POST', `/nodes/${node.id}/rotate`, { token, body })

    expect(status).toBe(200)
    const { socket } = await upgrade(`${hub.socketUrl}?token=${token}`)
    expect(await socket?.next()).toMatchObject({ type: 'auth_ok' })
  })

  it('takes no prekeys along: the old key had signed them', async () => {
    await using hub = await startHub()
    const node = await hub.provenNode()
    await hub.database.query(
      `INSERT INTO prekeys (node, kind, key_id, public_key, created_at)
       VALUES ($1, 'one_time', 1, '\\x00', now())`,
      [node.identity.spkiSha256],
    )

    await rotate(node, ed25519(), 'signed')

    expect(await hub.database.query('SELECT FROM prekeys')).toEqual([])
  })

  it('is kept in no row that joins the two for whoever reads the database', async () => {
    await using hub = await startHub()
    const node = await hub.provenNode()
    const next = ed25519()
    await rotate(node, next, 'signed')

    const rows = await hub.database.query<{ text: string }>(
      'SELECT to_jsonb(s)::text AS text FROM node_successors s',
    )

    expect(rows).toHaveLength(1)
    expect(rows[0]?.text).toContain(next.spkiSha256)
    expect(rows[0]?.text).not.toContain(node.id.slice(9))
    expect(rows[0]?.text).not.toContain(node.identity.spkiSha256)
  })
})

describe('a new key that the old one has not signed', () => {
  it('waits 72 hours; v=2 sockets of the account are told at once', async () => {
    await using hub = await startHub()
    const node = await hub.provenNode()
    const other = await hub.registeredNode({ accountId: node.accountId })
    const modern = await upgrade(`${hub.socketUrl}?v=2&token=${other.token}`)
    await modern.socket?.next()
    const stranger = await hub.registeredNode()
    const elsewhere = await upgrade(`${hub.socketUrl}?v=2&token=${stranger.token}`)
    await elsewhere.socket?.next()
    await node.connect()
    const next = ed25519()

    const { status, body } = await rotate(node, next, 'unsigned')

    expect([status, body]).toEqual([
      202,
      {
        status: 'pending',
        node_id: node.id,
        new_node_id: next.nodeId,
        effective_at: expect.stringMatching(/Z$/),
      },
    ])
    const hours = (Date.parse(body.effective_at) - hub.clock.now()) / 3_600_000
    expect(hours).toBeGreaterThan(71.9)
    expect(hours).toBeLessThanOrEqual(72)
    expect(await modern.socket?.next()).toEqual({
      type: 'node_rotation',
      node_id: node.id,
      new_node_id: next.nodeId,
      effective_at: body.effective_at,
    })
    expect(await elsewhere.socket?.settled()).toEqual([])
    expect(await node.socket.settled()).toEqual([])
    expect((await idsOf(node)).sort()).toEqual([node.id, other.id].sort())
    expect(await eventsOf(hub, node)).toEqual(['node_rotation_requested'])
  })

  it('takes the node’s place when they are over, and not before', async () => {
    await using hub = await startHub()
    const node = await hub.provenNode()
    await node.fetch('PATCH', `/nodes/${node.id}`, { label: 'Laptop' })
    const next = ed25519()
    await rotate(node, next, 'unsigned')
    await node.connect()

    await passDays(hub, 2.99)
    expect(await idsOf(node)).toEqual([node.id])
    expect(await node.socket.settled()).toEqual([])
    await passDays(hub, 0.02)

    expect((await node.closed).code).toBe(4502)
    expect(await idsOf(node)).toEqual([next.nodeId])
    const { body } = await certificateOf(hub, node.id)
    expect(body.successor).toEqual({
      node_id: next.nodeId,
      spki_sha256: next.spkiSha256,
      continuity: 'account',
    })
    expect(await eventsOf(hub, node)).toEqual(['node_rotation_requested', 'node_rotated'])
    expect(await hub.database.query('SELECT FROM node_rotations')).toEqual([])
  })

  it('is cancelled by the account in time', async () => {
    await using hub = await startHub()
    const node = await hub.provenNode()
    await rotate(node, ed25519(), 'unsigned')

    expect((await node.fetch('DELETE', `/nodes/${node.id}/rotate`)).status).toBe(204)
    await passDays(hub, 4)

    expect(await idsOf(node)).toEqual([node.id])
    expect(await eventsOf(hub, node)).toEqual([
      'node_rotation_requested',
      'node_rotation_cancelled',
    ])
    const again = await hub.nodeOf(node.identity, node.accountId)
    expectError(await again.fetch('DELETE', `/nodes/${node.id}/rotate`), 404, 'not_found')
  })

  it('begins its 72 hours anew when it is asked for anew', async () => {
    await using hub = await startHub()
    const node = await hub.provenNode()
    const [first, second] = [ed25519(), ed25519()]
    await rotate(node, first, 'unsigned')
    hub.clock.advance({ days: 2 })
    const later = await hub.nodeOf(node.identity, node.accountId)
    await rotate(later, second, 'unsigned')

    await passDays(hub, 2)
    expect(await idsOf(node)).toEqual([node.id])
    await passDays(hub, 1.01)
    expect(await idsOf(node)).toEqual([second.nodeId])
  })

  it('needs a fresh login', async () => {
    await using hub = await startHub()
    const node = await hub.provenNode()
    const { accessToken: token } = await beginSession(hub, { accountId: node.accountId })
    hub.clock.advance({ minutes: 5, seconds: 1 })
    const body = await rotation(node, ed25519(), 'unsigned')

    const answer = await hub.fetch('POST', `/nodes/${node.id}/rotate`, { token, body })

    expectError(answer, 403, 'fresh_login_required')
  })

  it('never follows a key that nobody has proven: a squatter could send its peers elsewhere', async () => {
    await using hub = await startHub()
    const node = await hub.registeredNode()

    const answer = await rotate(node, ed25519(), 'unsigned')

    expectError(answer, 400, 'proof_invalid')
    expect(answer.body.detail).toContain('nobody has proven the key')
  })

  it('is void when the node goes to another account meanwhile', async () => {
    await using hub = await startHub()
    const node = await hub.provenNode()
    await rotate(node, ed25519(), 'unsigned')
    const other = await hub.nodeOf(node.identity)
    await other.prove({ transfer: true })

    await passDays(hub, 4)

    expect(await idsOf(other)).toEqual([node.id])
    expect(await idsOf(node)).toEqual([])
  })

  it('is void when another account has proven the new key meanwhile; the owner reads of it', async () => {
    await using hub = await startHub()
    const node = await hub.provenNode()
    const next = ed25519()
    await rotate(node, next, 'unsigned')
    const other = await hub.nodeOf(next)
    await other.prove()

    await passDays(hub, 4)

    expect([await idsOf(node), await idsOf(other)]).toEqual([[node.id], [next.nodeId]])
    expect(await eventsOf(hub, node)).toEqual([
      'node_rotation_requested',
      'node_rotation_cancelled',
    ])
  })

  it('waits for one node only', async () => {
    await using hub = await startHub()
    const [one, two] = [await hub.provenNode(), await hub.provenNode()]
    const next = ed25519()

    expect((await rotate(one, next, 'unsigned')).status).toBe(202)
    expectError(await rotate(two, next, 'unsigned'), 409, 'node_taken')
  })

  it('takes its place once, whichever instance looks first', async () => {
    await using hub = await startHub()
    await using twin = await startHub({ database: hub.database, clock: hub.clock })
    const node = await hub.provenNode()
    const next = ed25519()
    await rotate(node, next, 'unsigned')
    hub.clock.advance({ days: 4 })

    await Promise.all([hub, twin].map(({ app }) => app.get(PendingRotations).applyDue()))

    expect(await idsOf(node)).toEqual([next.nodeId])
    expect(await eventsOf(hub, node)).toEqual(['node_rotation_requested', 'node_rotated'])
  })
})

describe('a new key is refused', () => {
  it('when it has not signed itself, or not this challenge', async () => {
    await using hub = await startHub({ env: { RATE_LIMIT_ENABLED: 'false' } })
    const node = await hub.provenNode()
    const path = `/nodes/${node.id}/rotate`
    const good = await rotation(node, ed25519(), 'signed')
    const other = await rotation(node, ed25519(), 'signed')

    const foreign = { ...good, signature: other.signature }
    expectError(await node.fetch('POST', path, foreign), 400, 'proof_invalid')
    expectError(await node.fetch('POST', path, good), 400, 'challenge_invalid')
    expect(await idsOf(node)).toEqual([node.id])
  })

  it('when what the old key signed names another new key, or another key signed it', async () => {
    await using hub = await startHub({ env: { RATE_LIMIT_ENABLED: 'false' } })
    const node = await hub.provenNode()
    const path = `/nodes/${node.id}/rotate`
    const next = ed25519()
    const bodies = [
      async () => ({
        ...(await rotation(node, next, 'signed')),
        continuity_signature:
          (await rotation(node, ed25519(), 'signed')).continuity_signature ?? '',
      }),
      async () => {
        const sent = await node.challenge()
        const { nodeId, spkiSha256, privateKey, certificatePem } = next
        return {
          ...node.proofOf(sent, { nodeId, spkiSha256 }, privateKey),
          certificate: certificatePem,
          continuity_signature: signText(privateKey, rotationText(node, next, sent)),
        }
      },
    ]

    for (const make of bodies) {
      const answer = await node.fetch('POST', path, await make())
      expectError(answer, 400, 'proof_invalid')
      expect(answer.body.detail).toContain('continuity_signature')
    }
    expect(await idsOf(node)).toEqual([node.id])
  })

  it('when it is the node’s own, or one that another account has proven', async () => {
    await using hub = await startHub({ env: { RATE_LIMIT_ENABLED: 'false' } })
    const [node, other] = [await hub.provenNode(), await hub.provenNode()]

    const own = await rotate(node, node.identity, 'signed')
    expectError(own, 400, 'invalid_request')
    expect(own.body.detail).toContain('POST /nodes renews a certificate')
    for (const how of ['signed', 'unsigned'] as const) {
      expectError(await rotate(node, other.identity, how), 409, 'node_taken')
    }
    expect([await idsOf(node), await idsOf(other)]).toEqual([[node.id], [other.id]])
  })

  it('for a node of somebody else', async () => {
    await using hub = await startHub({ env: { RATE_LIMIT_ENABLED: 'false' } })
    const [node, other] = [await hub.provenNode(), await hub.provenNode()]
    const body = await rotation(other, ed25519(), 'signed')

    const answers = [
      await other.fetch('POST', `/nodes/${node.id}/rotate`, body),
      await other.fetch('DELETE', `/nodes/${node.id}/rotate`),
    ]

    for (const answer of answers) expectError(answer, 404, 'node_not_found')
  })
})
