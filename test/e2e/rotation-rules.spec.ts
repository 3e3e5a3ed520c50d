import { describe, expect, it } from '@jest/globals'

import { expectError } from '../support/error-oracle.js'
import { startHub } from '../support/hub.js'
import {
  certificateOf,
  ed25519,
  eventsOf,
  idsOf,
  passDays,
  rotate,
} from '../support/node-rotation.js'
import { beginSession } from '../support/sessions.js'

describe('a new key that the old one has not signed', () => {
  it('needs a fresh login in classic sessions too: nine minutes are too many', async () => {
    await using hub = await startHub()
    const node = await hub.provenNode()
    hub.clock.advance({ minutes: 9 })

    expectError(await rotate(node, ed25519(), 'unsigned'), 403, 'fresh_login_required')

    expect(await hub.database.query('SELECT FROM node_rotations')).toEqual([])
    expect((await rotate(node, ed25519(), 'signed')).status).toBe(200)
  })

  it('is shown to its owner for as long as it waits', async () => {
    await using hub = await startHub()
    const node = await hub.provenNode()
    const path = `/nodes/${node.id}/rotate`
    expectError(await node.fetch('GET', path), 404, 'not_found')

    const { body: asked } = await rotate(node, ed25519(), 'unsigned')
    const { accessToken: token } = await beginSession(hub, { accountId: node.accountId })
    hub.clock.advance({ minutes: 9 })

    // Whoever asks has to see what a thief has put there, however old the login.
    expect(await hub.fetch('GET', path, { token })).toMatchObject({ status: 200, body: asked })
    const young = await hub.nodeOf(node.identity, node.accountId)
    expect((await young.fetch('DELETE', path)).status).toBe(204)
    expectError(await node.fetch('GET', path), 404, 'not_found')
  })

  it('is shown to nobody else', async () => {
    await using hub = await startHub()
    const node = await hub.provenNode()
    await rotate(node, ed25519(), 'unsigned')
    const { accessToken: token } = await hub.signIn()

    const answer = await hub.fetch('GET', `/nodes/${node.id}/rotate`, { token })

    expectError(answer, 404, 'node_not_found')
  })

  it('is not cancelled by a stale session: a thief could keep the owner from a new key for ever', async () => {
    await using hub = await startHub()
    const node = await hub.provenNode()
    const { accessToken: token } = await beginSession(hub, { accountId: node.accountId })
    const next = ed25519()
    await rotate(node, next, 'unsigned')
    hub.clock.advance({ minutes: 6 })

    for (const stale of [node.token, token]) {
      const answer = await hub.fetch('DELETE', `/nodes/${node.id}/rotate`, { token: stale })
      expectError(answer, 403, 'fresh_login_required')
    }

    await passDays(hub, 4)
    expect(await idsOf(node)).toEqual([next.nodeId])
  })

  it('that cannot be read any more holds up no other', async () => {
    await using hub = await startHub()
    const [broken, whole] = [await hub.provenNode(), await hub.provenNode()]
    const next = ed25519()
    await rotate(broken, ed25519(), 'unsigned')
    await rotate(whole, next, 'unsigned')
    // Its turn is first.
    await hub.database.query(
      `UPDATE node_rotations SET registration = '\\x00', effective_at = effective_at - interval '1 hour'
        WHERE node = $1`,
      [broken.identity.spkiSha256],
    )

    await passDays(hub, 4)

    expect(await idsOf(whole)).toEqual([next.nodeId])
    expect(await eventsOf(hub, whole)).toEqual(['node_rotation_requested', 'node_rotated'])
    expect(await idsOf(broken)).toEqual([broken.id])
    const failures = hub.logLines.filter((line) => JSON.parse(line).level >= 50)
    expect(failures).toHaveLength(1)
  })
})

describe('a key that was replaced', () => {
  it('has a successor until somebody proves it again: what is registered has none', async () => {
    await using hub = await startHub()
    const node = await hub.provenNode()
    const next = ed25519()
    await rotate(node, next, 'signed')
    expect((await certificateOf(hub, node.id)).body.successor).toMatchObject({
      node_id: next.nodeId,
    })

    const again = await hub.nodeOf(node.identity, node.accountId)
    expect((await again.prove()).status).toBe(201)

    const { status, body } = await certificateOf(hub, node.id)
    expect([status, body.node_id, body.successor ?? null]).toEqual([200, node.id, null])
  })
})
