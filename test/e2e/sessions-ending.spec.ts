import { randomUUID } from 'node:crypto'

import { describe, expect, it } from '@jest/globals'

import { expectError } from '../support/error-oracle.js'
import { startHub, type TestHub } from '../support/hub.js'
import { beginSession, refresh, sessionIdOf, sessionsOf } from '../support/sessions.js'

async function kindsOf(hub: TestHub, token: string): Promise<unknown[]> {
  const { body } = await hub.fetch('GET', '/me/events', { token })
  return body.events.map(({ kind, detail }: { kind: string; detail: object }) => [kind, detail])
}

const isAlive = async (hub: TestHub, token: string): Promise<boolean> =>
  (await hub.fetch('GET', '/users/me', { token })).status === 200

describe('DELETE /sessions/{id}', () => {
  it('ends that session for good: access token, refresh token, socket; and no other', async () => {
    await using hub = await startHub()
    const thief = await hub.connectNode()
    const { accountId } = thief
    const phone = await hub.connectNode({ accountId })
    const owner = await beginSession(hub, { accountId })

    const id = sessionIdOf(thief.token)
    const answer = await hub.fetch('DELETE', `/sessions/${id}`, { token: owner.accessToken })

    expect([answer.status, answer.body]).toEqual([204, ''])
    expect((await thief.closed).code).toBe(4501)
    expect(await hub.fetch('GET', '/users/me', { token: thief.token })).toMatchObject({
      status: 401,
      body: { error_code: 'session_ended' },
    })
    expect(await refresh(hub, thief.person.refreshToken)).toBe(401)
    expect(await phone.socket.settled()).toEqual([])
    expect(await isAlive(hub, owner.accessToken)).toBe(true)
    expect(await kindsOf(hub, owner.accessToken)).toContainEqual([
      'session_ended',
      { client: 'classic' },
    ])
  })

  it('may be one’s own, at any age, in any case of its letters', async () => {
    await using hub = await startHub()
    const session = await beginSession(hub)
    hub.clock.advance({ minutes: 20 })

    const { status } = await hub.fetch('DELETE', `/sessions/${session.id.toUpperCase()}`, {
      token: session.accessToken,
    })

    expect(status).toBe(204)
    expect(await isAlive(hub, session.accessToken)).toBe(false)
  })

  it('answers 404 the same way for one that has ended, never was, or is another person’s', async () => {
    await using hub = await startHub()
    const owner = await beginSession(hub)
    const ended = await beginSession(hub, { accountId: owner.accountId })
    await hub.fetch('POST', '/logout', { token: ended.accessToken })
    const stranger = await hub.connectNode()

    for (const id of [ended.id, randomUUID(), sessionIdOf(stranger.token)]) {
      const answer = await hub.fetch('DELETE', `/sessions/${id}`, { token: owner.accessToken })
      expectError(answer, 404, 'session_not_found')
    }
    expect(await isAlive(hub, stranger.token)).toBe(true)
    expect(await stranger.socket.settled()).toEqual([])
  })

  it.each(['1', 'current', `${randomUUID()}0`, randomUUID().replaceAll('-', ''), '*', '%00'])(
    'answers 400 for what is no id: %s',
    async (id) => {
      await using hub = await startHub()
      const { accessToken: token } = await beginSession(hub)

      expectError(await hub.fetch('DELETE', `/sessions/${id}`, { token }), 400, 'invalid_request')
    },
  )

  it('is one end, however often it is asked for at once', async () => {
    await using hub = await startHub()
    const owner = await beginSession(hub)
    const other = await beginSession(hub, { accountId: owner.accountId })

    const answers = await Promise.all(
      Array.from({ length: 6 }, () =>
        hub.fetch('DELETE', `/sessions/${other.id}`, { token: owner.accessToken }),
      ),
    )

    const statuses = answers.map(({ status }) => status).sort()
    expect(statuses).toEqual([204, 404, 404, 404, 404, 404])
    const events = await kindsOf(hub, owner.accessToken)
    expect(events.filter((each) => JSON.stringify(each).includes('session_ended'))).toHaveLength(1)
  })
})

describe('DELETE /sessions', () => {
  it('ends every session of the account, the caller’s too, and nobody else’s', async () => {
    await using hub = await startHub()
    const [node, neighbour] = [await hub.connectNode(), await hub.connectNode()]
    const { accountId } = node
    const sessions = [
      await beginSession(hub, { accountId }),
      await beginSession(hub, { accountId }),
    ]

    const answer = await hub.fetch('DELETE', '/sessions', { token: sessions[0]?.accessToken ?? '' })

    expect([answer.status, answer.body]).toEqual([204, ''])
    expect((await node.closed).code).toBe(4501)
    for (const { accessToken, refreshToken } of [node.person, ...sessions]) {
      expect(await isAlive(hub, accessToken)).toBe(false)
      expect(await refresh(hub, refreshToken)).toBe(401)
    }
    expect(await neighbour.socket.settled()).toEqual([])
    const { accessToken } = await hub.signIn(accountId)
    expect(await kindsOf(hub, accessToken)).toContainEqual(['sessions_ended', { count: 3 }])
  })

  it('spares the caller’s with ?keep=current', async () => {
    await using hub = await startHub()
    const owner = await beginSession(hub)
    const others = [
      await beginSession(hub, { accountId: owner.accountId }),
      await beginSession(hub, { accountId: owner.accountId, client: 'web' }),
    ]
    const end = () => hub.fetch('DELETE', '/sessions?keep=current', { token: owner.accessToken })

    expect([(await end()).status, (await end()).status]).toEqual([204, 204])

    expect(await sessionsOf(hub, owner.accessToken)).toMatchObject([
      { id: owner.id, current: true },
    ])
    for (const { accessToken } of others) expect(await isAlive(hub, accessToken)).toBe(false)
    const events = await kindsOf(hub, owner.accessToken)
    // The classic session that the account began with is one of the three; the second call found none.
    expect(events.filter(([kind]: any) => kind === 'sessions_ended')).toEqual([
      ['sessions_ended', { count: 3 }],
    ])
  })

  it.each(['keep=all', 'keep=', 'keep=current&keep=current', 'keep[]=current', 'kept=current'])(
    'ends nothing for a query it does not understand: %s',
    async (query) => {
      await using hub = await startHub()
      const { accessToken: token } = await beginSession(hub)

      const answer = await hub.fetch('DELETE', `/sessions?${query}`, { token })

      expectError(answer, 400, 'invalid_request')
      expect(await isAlive(hub, token)).toBe(true)
    },
  )
})
