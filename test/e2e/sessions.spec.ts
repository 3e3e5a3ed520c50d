import { randomUUID } from 'node:crypto'

import { describe, expect, it } from '@jest/globals'

import { sessionsAnswer } from '../../src/auth/sessions.schema.js'
import { expectError } from '../support/error-oracle.js'
import { startHub, type TestHub } from '../support/hub.js'
import { beginSession, refresh, sessionIdOf } from '../support/sessions.js'

const HOUR_MS = 3_600_000
const HOUR = /^\d{4}-\d\d-\d\dT\d\d:00:00\.000Z$/

async function sessionsOf(hub: TestHub, token: string) {
  const { status, body } = await hub.fetch('GET', '/sessions', { token })
  expect(status).toBe(200)
  return sessionsAnswer.parse(body).sessions
}

async function kindsOf(hub: TestHub, token: string): Promise<unknown[]> {
  const { body } = await hub.fetch('GET', '/me/events', { token })
  return body.events.map(({ kind, detail }: { kind: string; detail: object }) => [kind, detail])
}

const isAlive = async (hub: TestHub, token: string): Promise<boolean> =>
  (await hub.fetch('GET', '/users/me', { token })).status === 200

describe('GET /sessions', () => {
  it('shows each session of the account, the newest first, with what a person knows it by', async () => {
    await using hub = await startHub()
    const node = await hub.registeredNode()
    const { accountId } = node
    const [row] = await hub.database.query<{ spki: string }>(
      `UPDATE nodes SET label = 'laptop', proven_at = now() RETURNING spki_sha256 AS spki`,
    )
    hub.clock.advance({ minutes: 1 })
    const desktop = await beginSession(hub, { accountId, place: '203.0.113.0/24' })
    hub.clock.advance({ minutes: 1 })
    const start = { provider: 'google', client: 'web', place: '2001:db8:7::/48' } as const
    const browser = await beginSession(hub, { accountId, ...start })
    hub.clock.advance({ minutes: 1 })
    const daemon = await beginSession(hub, {
      accountId,
      provider: 'node',
      client: 'node',
      dpopJkt: 'the-thumbprint',
      node: row?.spki ?? null,
    })

    const sessions = await sessionsOf(hub, desktop.accessToken)

    const laptop = { node_id: node.id, label: 'laptop', proven: true }
    const common = { current: false, dpop_bound: false, node: null, place: null }
    const times = {
      created_at: expect.stringMatching(HOUR),
      last_used_at: expect.stringMatching(HOUR),
      expires_at: expect.stringMatching(HOUR),
    }
    expect(sessions).toEqual([
      {
        ...common,
        ...times,
        id: daemon.id,
        client: 'node',
        provider: 'node',
        node: laptop,
        dpop_bound: true,
      },
      {
        ...common,
        ...times,
        id: browser.id,
        client: 'web',
        provider: 'google',
        place: '2001:db8:7::/48',
      },
      {
        ...common,
        ...times,
        id: desktop.id,
        client: 'desktop',
        provider: 'github',
        place: '203.0.113.0/24',
        current: true,
      },
      {
        ...common,
        ...times,
        id: sessionIdOf(node.token),
        client: 'classic',
        provider: 'github',
        node: laptop,
      },
    ])
    const lives = Date.parse(sessions[0]?.expires_at ?? '') - Date.parse(sessions[0]!.created_at)
    expect(lives).toBe(30 * 86_400_000)
  })

  it('keeps the place sealed: who reads the table does not see it', async () => {
    await using hub = await startHub()
    await beginSession(hub, { place: '203.0.113.0/24' })

    for (const table of ['sessions', 'audit_events']) {
      const rows = await hub.database.query<{ row: string }>(
        `SELECT to_jsonb(t)::text AS row FROM ${table} t`,
      )
      const bytes = rows.flatMap(({ row }) => [...row.matchAll(/\\x([0-9a-f]+)/g)])
      expect(bytes.length).toBeGreaterThan(0)
      const texts = bytes.map(([, hex = '']) => Buffer.from(hex, 'hex').toString('latin1'))
      expect([...rows.map(({ row }) => row), ...texts].join()).not.toContain('203.0.113')
    }
  })

  it('shows neither what has ended or expired nor what is somebody else’s', async () => {
    await using hub = await startHub()
    const old = await beginSession(hub)
    const { accountId } = old
    hub.clock.advance({ days: 29 })
    const mine = await beginSession(hub, { accountId })
    const ended = await beginSession(hub, { accountId })
    await beginSession(hub)
    await hub.fetch('POST', '/logout', { token: ended.accessToken })
    hub.clock.advance({ days: 1, seconds: 1 })
    expect(await refresh(hub, mine.refreshToken)).toBe(200)
    const later = await beginSession(hub, { accountId })

    const sessions = await sessionsOf(hub, later.accessToken)

    expect(sessions.map(({ id }) => id)).toEqual([later.id, mine.id])
  })

  it('shows the newest 500, and the end of all ends the others too', async () => {
    await using hub = await startHub()
    const { accountId, accessToken: token } = await beginSession(hub)
    await hub.database.query(
      `INSERT INTO sessions (id, account_id, provider, client, created_at, last_used_at, expires_at)
       SELECT gen_random_uuid(), $1, 'github', 'web', at, at, at + interval '30 days'
         FROM generate_series(1, 510) AS n, LATERAL (SELECT now() - n * interval '1 hour' AS at) t`,
      [accountId],
    )

    const sessions = await sessionsOf(hub, token)
    const times = sessions.map(({ created_at: at }) => at)
    expect([sessions.length, times]).toEqual([500, [...times].sort().reverse()])

    expect((await hub.fetch('DELETE', '/sessions?keep=current', { token })).status).toBe(204)
    expect(await sessionsOf(hub, token)).toHaveLength(1)
    expect(await hub.database.query('SELECT FROM sessions WHERE revoked_at IS NULL')).toHaveLength(
      1,
    )
  })

  it('names no node that has gone to somebody else', async () => {
    await using hub = await startHub()
    const node = await hub.registeredNode()
    const { accountId } = await hub.signIn()
    await hub.database.query('UPDATE nodes SET account_id = $1', [accountId])
    hub.clock.advance({ seconds: 3 })

    expect(await sessionsOf(hub, node.token)).toMatchObject([{ node: null }])
  })

  it('tells the hour of the last refresh, also of a client that never stores the successor', async () => {
    await using hub = await startHub()
    const session = await beginSession(hub)
    const hoursSinceUse = async (): Promise<number> => {
      const reader = await beginSession(hub, { accountId: session.accountId })
      const listed = await sessionsOf(hub, reader.accessToken)
      const usedAt = listed.find(({ id }) => id === session.id)?.last_used_at ?? ''
      return Math.floor(hub.clock.now() / HOUR_MS) - Date.parse(usedAt) / HOUR_MS
    }
    hub.clock.advance({ minutes: 25 * 60 })
    expect(await hoursSinceUse()).toBe(25)

    expect(await refresh(hub, session.refreshToken)).toBe(200)
    expect(await hoursSinceUse()).toBe(0)

    hub.clock.advance({ minutes: 120 })
    expect(await hoursSinceUse()).toBe(2)
    expect(await refresh(hub, session.refreshToken)).toBe(200)
    expect(await hoursSinceUse()).toBe(0)
  })

  it('does not take a refused refresh for use, nor forget a generation over it', async () => {
    await using hub = await startHub()
    const session = await beginSession(hub, { dpopJkt: 'the-thumbprint' })
    const row = async () =>
      (await hub.database.query('SELECT * FROM sessions WHERE id = $1', [session.id]))[0]
    const before = await row()
    hub.clock.advance({ minutes: 120 })

    expect(await refresh(hub, session.refreshToken)).toBe(401)

    expect(await row()).toEqual(before)
  })
})

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
