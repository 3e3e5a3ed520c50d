import { describe, expect, it } from '@jest/globals'

import { startHub } from '../support/hub.js'
import { beginSession, refresh, sessionIdOf, sessionsOf } from '../support/sessions.js'

const HOUR_MS = 3_600_000
const HOUR = /^\d{4}-\d\d-\d\dT\d\d:00:00\.000Z$/

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
