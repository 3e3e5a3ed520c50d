import { describe, expect, it } from '@jest/globals'

import { PendingRotations } from '../../src/nodes/rotation/pending-rotations.js'
import { expectError } from '../support/error-oracle.js'
import { startHub } from '../support/hub.js'
import {
  certificateOf,
  ed25519,
  eventsOf,
  idsOf,
  passDays,
  rotate,
  rotation,
} from '../support/node-rotation.js'
import { beginSession } from '../support/sessions.js'
import { upgrade } from '../support/test-node.js'

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
