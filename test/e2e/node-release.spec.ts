import { describe, expect, it } from '@jest/globals'

import { expectError } from '../support/error-oracle.js'
import { startHub, type TestHub } from '../support/hub.js'
import { beginSession, refresh, type Session } from '../support/sessions.js'
import { TestNode } from '../support/test-node.js'

/** A session of the node's person that speaks for the node, begun as told. */
function sessionOf(
  hub: TestHub,
  { accountId, identity }: TestNode,
  client: 'desktop' | 'node' | 'classic',
): Promise<Session> {
  return beginSession(hub, { accountId, client, node: identity.spkiSha256 })
}

async function statusOf(hub: TestHub, { accessToken }: Session): Promise<number> {
  return (await hub.fetch('GET', '/users/me', { token: accessToken })).status
}

describe('a node that is given up', () => {
  it('is gone at once: its socket closes with 4502, its sessions end, the one that asked stays', async () => {
    await using hub = await startHub()
    const node = await hub.connectNode()
    const [other, byKey] = [
      await sessionOf(hub, node, 'desktop'),
      await sessionOf(hub, node, 'node'),
    ]
    const elsewhere = await beginSession(hub, { accountId: node.accountId })

    const { status } = await node.fetch('DELETE', `/nodes/${node.id}`)

    expect(status).toBe(204)
    expect((await node.closed).code).toBe(4502)
    expect((await node.fetch('GET', '/nodes')).body).toEqual({ nodes: [] })
    expect((await node.fetch('GET', '/users/me')).body.node_id).toBeNull()
    expectError((await node.tryConnect()).refused!, 403, 'node_not_registered')
    expect([await statusOf(hub, other), await statusOf(hub, byKey)]).toEqual([401, 401])
    expect(await refresh(hub, other.refreshToken)).toBe(401)
    expect(await statusOf(hub, elsewhere)).toBe(200)
    const { body } = await node.fetch('GET', '/me/events')
    expect(body.events[0]).toMatchObject({ kind: 'node_released', detail: { node_id: node.id } })
  })

  it('ends the session that asked too, if that began by the node’s key', async () => {
    await using hub = await startHub()
    const node = await hub.provenNode()
    const byKey = await sessionOf(hub, node, 'node')

    const answer = await hub.fetch('DELETE', `/nodes/${node.id}`, { token: byKey.accessToken })

    expect(answer.status).toBe(204)
    expect(await statusOf(hub, byKey)).toBe(401)
  })

  it('leaves the account’s other nodes alone', async () => {
    await using hub = await startHub()
    const desktop = await hub.connectNode()
    const laptop = await hub.connectNode({ accountId: desktop.accountId })

    await laptop.fetch('DELETE', `/nodes/${laptop.id}`)

    expect((await laptop.closed).code).toBe(4502)
    expect(await desktop.socket.settled()).toEqual([])
    expect((await desktop.fetch('GET', '/nodes')).body.nodes).toHaveLength(1)
  })

  it('is its former owner’s to register again, and others’ only with proof, for 30 days', async () => {
    await using hub = await startHub()
    const node = await hub.registeredNode()
    const other = new TestNode(hub, await hub.signIn(), node.identity)
    const release = () => node.fetch('DELETE', `/nodes/${node.id}`)

    await release()
    const refused = await other.tryRegister()
    expectError(refused, 400, 'node_reserved')
    expect(refused.body.detail).toContain('tools/prove-node')
    expect((await node.tryRegister()).status).toBe(200)

    await release()
    expect((await other.prove()).status).toBe(201)
    expectError(await node.tryRegister(), 400, 'node_taken')
    expect(await hub.database.query('SELECT FROM node_tombstones')).toEqual([])
  })

  it('is anybody’s after 30 days', async () => {
    await using hub = await startHub()
    const node = await hub.registeredNode()
    await node.fetch('DELETE', `/nodes/${node.id}`)
    const { accountId } = await hub.signIn()

    hub.clock.advance({ days: 30, seconds: 1 })

    const other = new TestNode(hub, await hub.signIn(accountId), node.identity)
    expect((await other.tryRegister()).status).toBe(200)
  })

  it('needs a fresh login once it is proven: a stolen token is not enough', async () => {
    await using hub = await startHub()
    const node = await hub.provenNode()
    const old = await sessionOf(hub, node, 'desktop')
    const device = await beginSession(hub, { accountId: node.accountId, isFresh: false })
    hub.clock.advance({ minutes: 5, seconds: 1 })
    const fresh = await beginSession(hub, { accountId: node.accountId })
    const release = ({ accessToken: token }: Session) =>
      hub.fetch('DELETE', `/nodes/${node.id}`, { token })

    for (const stale of [old, device]) {
      expectError(await release(stale), 403, 'fresh_login_required')
    }
    expect(await hub.database.query('SELECT FROM nodes')).toHaveLength(1)
    expect((await release(fresh)).status).toBe(204)
  })

  it('needs none while it is unproven, nor from a classic session', async () => {
    await using hub = await startHub()
    const [unproven, proven] = [await hub.registeredNode(), await hub.provenNode()]
    const old = await sessionOf(hub, unproven, 'desktop')
    hub.clock.advance({ minutes: 6 })

    const answers = [
      await hub.fetch('DELETE', `/nodes/${unproven.id}`, { token: old.accessToken }),
      await proven.fetch('DELETE', `/nodes/${proven.id}`),
    ]

    expect(answers.map(({ status }) => status)).toEqual([204, 204])
  })
})
