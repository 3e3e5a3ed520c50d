import { describe, expect, it } from '@jest/globals'

import { SessionWatch } from '../../src/signaling/session-watch.js'
import { exportAnswer } from '../../src/profiles/me.schema.js'
import { expectError } from '../support/error-oracle.js'
import { startHub } from '../support/hub.js'

describe('the setting of who may see presence', () => {
  it('is everyone until its owner says nobody, and is told to the owner alone', async () => {
    await using hub = await startHub()
    const [owner, other] = [await hub.registeredNode(), await hub.signIn()]

    const classic = await owner.fetch('PUT', '/profile', { name: 'n' })
    const hidden = await owner.fetch('PUT', '/profile', { name: 'n', presence: 'nobody' })

    expect(classic.body).not.toHaveProperty('presence')
    expect(hidden).toMatchObject({ status: 200, body: { presence: 'nobody' } })
    expect((await owner.fetch('GET', '/profile')).body).toMatchObject({ presence: 'nobody' })
    expect((await owner.fetch('GET', '/users/me')).body.profile.presence).toBe('nobody')
    const seen = await hub.fetch('GET', `/profile/${owner.id}`, { token: other.accessToken })
    expect(seen.body).not.toHaveProperty('presence')
  })

  it('stays when a client that does not know it publishes the profile', async () => {
    await using hub = await startHub()
    const owner = await hub.registeredNode()
    await owner.fetch('PUT', '/profile', { name: 'n', presence: 'nobody' })

    const republished = await owner.fetch('PUT', '/profile', { name: 'm' })
    const shown = await owner.fetch('PUT', '/profile', { name: 'm', presence: 'everyone' })

    expect(republished.body).toMatchObject({ name: 'm', presence: 'nobody' })
    expect(shown.body).not.toHaveProperty('presence')
  })

  it('is refused when it is neither', async () => {
    await using hub = await startHub()
    const owner = await hub.registeredNode()

    for (const presence of ['friends', '', null, true, ['nobody']]) {
      const answer = await owner.fetch('PUT', '/profile', { name: 'n', presence })
      expectError(answer, 400, 'invalid_request')
      expect(answer.body.issues[0].path).toBe('presence')
    }
  })

  it('is exported', async () => {
    await using hub = await startHub()
    const owner = await hub.registeredNode()
    await owner.fetch('PUT', '/profile', { name: 'n', presence: 'nobody' })

    const { tables } = exportAnswer.parse((await owner.fetch('GET', '/me/export')).body)

    expect(tables['profiles']).toMatchObject([{ presence: 'nobody' }])
  })
})

describe('a hidden account', () => {
  it('is named by the node it registered last, whichever is connected', async () => {
    await using hub = await startHub()
    const first = await hub.registeredNode()
    const last = await hub.registeredNode({ accountId: first.accountId })
    await last.fetch('PUT', '/profile', { name: 'n', expertise: { chess: 1 } })
    const named = async (): Promise<string[]> => {
      const profile = await last.fetch('GET', `/profile/${last.id}`)
      const found = await last.fetch('GET', '/discovery/search?q=chess')
      return [profile.body.node_id, found.body.results[0].node_id]
    }
    await first.connect()
    expect(await named()).toEqual([first.id, first.id])

    await last.fetch('PUT', '/profile', { name: 'n', expertise: { chess: 1 }, presence: 'nobody' })

    expect(await named()).toEqual([last.id, last.id])
    const { body } = await last.fetch('GET', '/nodes')
    const online = body.nodes.map((node: { online: boolean }) => node.online)
    expect(online).toEqual([false, true])
  })

  it('is hidden within half a minute when nobody told this instance', async () => {
    await using hub = await startHub()
    const first = await hub.connectNode()
    const last = await hub.registeredNode({ accountId: first.accountId })
    await last.fetch('PUT', '/profile', { name: 'n' })
    await hub.database.query(`UPDATE profiles SET presence = 'nobody' WHERE account_id = $1`, [
      last.accountId,
    ])

    await hub.app.get(SessionWatch).look()

    expect((await last.fetch('GET', `/profile/${last.id}`)).body.node_id).toBe(last.id)
  })
})
