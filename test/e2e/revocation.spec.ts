import { describe, expect, it } from '@jest/globals'

import { SessionWatch } from '../../src/signaling/session-watch.js'
import { startHub } from '../support/hub.js'
import { upgrade } from '../support/test-node.js'

describe('logout', () => {
  it('ends the whole session: socket, access token, refresh token, for good', async () => {
    await using hub = await startHub()
    const node = await hub.connectNode()

    const logout = await node.fetch('POST', '/logout')

    expect(logout).toMatchObject({ status: 200, body: { node_id: node.id } })
    expect((await node.closed).code).toBe(4501)
    expect(await node.fetch('GET', '/users/me')).toMatchObject({
      status: 401,
      body: { error_code: 'session_ended' },
    })
    const refresh = { body: { refresh_token: node.person.refreshToken } }
    expect(await hub.fetch('POST', '/refresh', refresh)).toMatchObject({ status: 401 })
    expect((await node.tryConnect()).refused?.status).toBe(401)
    expect((await hub.fetch('GET', '/health')).body.blacklist_size).toBe(1)
  })

  it('takes the node offline at once: what it still sends is not relayed', async () => {
    await using hub = await startHub()
    const [alice, bob] = [await hub.connectNode(), await hub.connectNode()]
    await alice.fetch('POST', '/logout')
    alice.signal(bob, 'too late')
    await alice.closed

    expect(await bob.socket.settled()).toEqual([])
    bob.signal(alice, {})
    expect(await bob.next()).toMatchObject({ code: 'target_offline' })
  })

  it('cannot be undone by spelling the token in another way', async () => {
    await using hub = await startHub()
    const node = await hub.registeredNode()
    await node.fetch('POST', '/logout')
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const last = alphabet.indexOf(node.token.at(-1)!)
    const spellings = [1, 2, 3].map((bits) => node.token.slice(0, -1) + alphabet[last ^ bits]!)

    for (const token of [...spellings, `${node.token}=`, `${node.token}==`, `${node.token}.`]) {
      expect((await hub.fetch('GET', '/users/me', { token })).status).toBe(401)
      expect(
        (await upgrade(`${hub.socketUrl}?token=${encodeURIComponent(token)}`)).refused?.status,
      ).toBe(401)
    }
  })

  it('outlives a restart: it was durable before the answer', async () => {
    await using first = await startHub()
    const node = await first.registeredNode()
    expect((await node.fetch('POST', '/logout')).status).toBe(200)

    await using second = await startHub({ database: first.database })
    // The same port and origin, as a restarted hub has them, so that the token is of this hub.
    const answer = await second.fetch('POST', '/refresh', {
      body: { refresh_token: node.person.refreshToken },
    })
    expect(answer.status).toBe(401)
  })

  it('leaves the other sessions of the same person alone', async () => {
    await using hub = await startHub()
    const laptop = await hub.connectNode()
    const phone = await hub.connectNode({ accountId: laptop.accountId })
    await laptop.fetch('POST', '/logout')

    expect((await laptop.closed).code).toBe(4501)
    expect(await phone.socket.settled()).toEqual([])
    expect((await phone.fetch('GET', '/users/me')).status).toBe(200)
  })

  it('whose answer was lost closes the socket when the token is next shown', async () => {
    await using hub = await startHub()
    const node = await hub.connectNode()
    // As when Postgres commits and the connection dies before it says so.
    await hub.database.query('UPDATE sessions SET revoked_at = now()')
    hub.clock.advance({ seconds: 3 })

    expect((await node.fetch('POST', '/logout')).status).toBe(401)
    expect((await node.closed).code).toBe(4501)
  })

  it('by another instance or an operator is found by looking', async () => {
    await using hub = await startHub()
    const [ended, live] = [await hub.connectNode(), await hub.connectNode()]
    await hub.database.query('UPDATE sessions SET revoked_at = now() WHERE account_id = $1', [
      ended.accountId,
    ])
    await hub.app.get(SessionWatch).look()

    expect((await ended.closed).code).toBe(4501)
    expect(await live.socket.settled()).toEqual([])
  })

  it('twice is 401 the second time', async () => {
    await using hub = await startHub()
    const node = await hub.registeredNode()

    expect((await node.fetch('POST', '/logout')).status).toBe(200)
    expect((await node.fetch('POST', '/logout')).status).toBe(401)
  })

  it('while the upgrade is under way leaves no socket behind', async () => {
    await using hub = await startHub({ env: { RATE_LIMIT_ENABLED: 'false' } })
    for (let round = 0; round < 20; round++) {
      const node = await hub.registeredNode()
      const [connected, logout] = await Promise.all([
        node.tryConnect(),
        node.fetch('POST', '/logout'),
      ])
      expect(logout.status).toBe(200)
      if (connected.socket) expect((await connected.socket.closed).code).toBe(4501)
      else expect(connected.refused.status).toBe(401)
    }
  })
})
