import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto'

import { describe, expect, it } from '@jest/globals'

import { dpopHeaders, thumbprint } from '../support/dpop.js'
import { expectError } from '../support/error-oracle.js'
import { startHub } from '../support/hub.js'
import { signText } from '../support/node-proof.js'
import {
  certificateOf,
  ed25519,
  eventsOf,
  idsOf,
  rotate,
  rotation,
  rotationText,
} from '../support/node-rotation.js'
import { beginSession } from '../support/sessions.js'
import { upgrade } from '../support/test-node.js'

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
