import { describe, expect, it } from '@jest/globals'

import { expectError } from '../support/error-oracle.js'
import { startHub, type TestHub } from '../support/hub.js'
import { eventsOf, ownersOf } from '../support/node-ledger.js'
import type { TestNode } from '../support/test-node.js'
import { selfSigned, type SelfSigned } from '../support/x509.js'

/** Registers by the certificate alone, which anybody may copy. */
async function squat(hub: TestHub, identity: SelfSigned): Promise<TestNode> {
  const squatter = await hub.nodeOf(identity)
  await squatter.register()
  return squatter
}

describe('a squatted node', () => {
  it('is its key holder’s at once: the squatter’s socket closes with 4502', async () => {
    await using hub = await startHub()
    const identity = selfSigned()
    const squatter = await squat(hub, identity)
    await squatter.connect()
    await squatter.fetch('PATCH', `/nodes/${identity.nodeId}`, { label: 'mine now' })
    const owner = await hub.nodeOf(identity)

    const { status, body } = await owner.prove()

    expect([status, body.proven, body.label]).toEqual([201, true, null])
    expect((await squatter.closed).code).toBe(4502)
    expect(await ownersOf(hub, identity)).toEqual([owner.accountId])
    expect((await squatter.fetch('GET', '/users/me')).body.node_id).toBeNull()
    expect((await squatter.fetch('GET', '/nodes')).body).toEqual({ nodes: [] })
    expectError((await squatter.tryConnect()).refused!, 403, 'node_not_registered')
    const socket = await owner.connect()
    expect(await socket.settled()).toEqual([])
  })

  it('tells each side its own half of the story', async () => {
    await using hub = await startHub()
    const identity = selfSigned()
    const squatter = await squat(hub, identity)
    const owner = await hub.nodeOf(identity)
    await owner.prove()

    expect(await eventsOf(hub, squatter)).toEqual(['node_registered', 'node_taken_over'])
    expect(await eventsOf(hub, owner)).toEqual(['node_proven'])
  })

  it('cannot be registered without proof by its squatter again, nor by anybody', async () => {
    await using hub = await startHub()
    const identity = selfSigned()
    const squatter = await squat(hub, identity)
    const owner = await hub.nodeOf(identity)
    await owner.prove()

    for (const who of [squatter, await hub.nodeOf(identity)]) {
      const answer = await who.tryRegister()
      expectError(answer, 400, 'node_taken')
      expect(answer.body.detail).toContain('tools/prove-node')
    }
    expect(await ownersOf(hub, identity)).toEqual([owner.accountId])
  })

  it('takes nothing of the squatter’s along: not its prekeys, not its new key to come', async () => {
    await using hub = await startHub()
    const identity = selfSigned()
    await squat(hub, identity)
    await hub.database.query(
      `INSERT INTO prekeys (node, kind, key_id, public_key, created_at)
       VALUES ($1, 'one_time', 1, '\\x00', now())`,
      [identity.spkiSha256],
    )
    await hub.database.query(
      `INSERT INTO node_rotations (node, new_node_hmac, registration, requested_at, effective_at)
       VALUES ($1, '\\x00', '\\x00', now(), now())`,
      [identity.spkiSha256],
    )
    const owner = await hub.nodeOf(identity)

    await owner.prove()

    expect(await hub.database.query('SELECT FROM prekeys')).toEqual([])
    expect(await hub.database.query('SELECT FROM node_rotations')).toEqual([])
  })

  it('leaves the squatter’s session alive, for the account is theirs', async () => {
    await using hub = await startHub()
    const identity = selfSigned()
    const squatter = await squat(hub, identity)
    await (await hub.nodeOf(identity)).prove()

    expect((await squatter.fetch('GET', '/users/me')).status).toBe(200)
  })
})

describe('a proven node of another account', () => {
  it('stays there without the wish to move it, even for its key', async () => {
    await using hub = await startHub()
    const identity = selfSigned()
    const [old, young] = [await hub.nodeOf(identity), await hub.nodeOf(identity)]
    await old.prove()
    await old.connect()

    const answer = await young.prove()

    expectError(answer, 409, 'node_taken')
    expect(answer.body.detail).toContain('"transfer": true')
    expect(await old.socket.settled()).toEqual([])
    expect(await ownersOf(hub, identity)).toEqual([old.accountId])
  })

  it('moves with proof and wish; both accounts are told', async () => {
    await using hub = await startHub()
    const identity = selfSigned()
    const [old, young] = [await hub.nodeOf(identity), await hub.nodeOf(identity)]
    await old.prove({ label: 'Laptop' })
    await old.connect()

    const { status, body } = await young.prove({ transfer: true })

    expect([status, body.label]).toEqual([201, null])
    expect((await old.closed).code).toBe(4502)
    expect(await ownersOf(hub, identity)).toEqual([young.accountId])
    expect(await eventsOf(hub, old)).toEqual(['node_proven', 'node_transferred'])
    expect(await eventsOf(hub, young)).toEqual(['node_transferred'])
    expect((await old.fetch('GET', '/users/me')).body.node_id).toBeNull()
  })

  it('that comes back is not spoken for by sessions it had there before', async () => {
    await using hub = await startHub()
    const identity = selfSigned()
    const [first, second] = [await hub.nodeOf(identity), await hub.nodeOf(identity)]
    await first.prove()
    await second.prove({ transfer: true })
    const again = await hub.nodeOf(identity, first.accountId)

    await again.prove({ transfer: true })

    expectError((await first.tryConnect()).refused!, 403, 'node_not_registered')
    expect((await again.tryConnect()).refused).toBeNull()
  })

  it('never gives way to another key of the same id', async () => {
    await using hub = await startHub()
    const node = await hub.provenNode()
    // No two keys with one id are at hand: the one that stands here is given another key.
    await hub.database.query('UPDATE sessions SET node = NULL')
    await hub.database.query(`UPDATE nodes SET spki_sha256 = repeat('0', 64)`)
    const other = await hub.nodeOf(node.identity)

    expectError(await other.prove({ transfer: true }), 409, 'node_id_collision')
    expectError(await node.prove(), 409, 'node_id_collision')
    expect(await hub.database.query('SELECT account_id FROM nodes')).toHaveLength(1)
  })
})
