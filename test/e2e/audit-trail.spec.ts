import { readFileSync } from 'node:fs'

import { describe, expect, it } from '@jest/globals'
import pg from 'pg'

import { AUDIT_KINDS, AuditLog } from '../../src/audit/audit-log.js'
import { eventsAnswer } from '../../src/auth/sessions.schema.js'
import { Housekeeping } from '../../src/database/housekeeping.js'
import { Browser } from '../support/browser.js'
import { startHub, type TestHub } from '../support/hub.js'
import { endingOf, goToProvider } from '../support/login.js'
import { OAuthStub } from '../support/oauth-stub.js'
import { beginSession, refresh, sessionIdOf } from '../support/sessions.js'
import { TestNode } from '../support/test-node.js'

async function eventsOf(hub: TestHub, token: string) {
  const { status, body } = await hub.fetch('GET', '/me/events', { token })
  expect(status).toBe(200)
  return eventsAnswer.parse(body).events
}

describe('GET /me/events', () => {
  it('tells each login with client and coarse place, the newest first, to the minute', async () => {
    await using hub = await startHub()
    const { accountId } = await hub.signIn()
    hub.clock.advance({ minutes: 3 })
    await beginSession(hub, { accountId, place: '203.0.113.0/24' })
    hub.clock.advance({ minutes: 3 })
    const { accessToken } = await beginSession(hub, {
      accountId,
      client: 'web',
      place: '2001:db8:7::/48',
    })

    const events = await eventsOf(hub, accessToken)

    const at = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:00\.000Z$/)
    expect(events).toEqual([
      { kind: 'login', at, detail: { client: 'web', method: 'browser', place: '2001:db8:7::/48' } },
      {
        kind: 'login',
        at,
        detail: { client: 'desktop', method: 'browser', place: '203.0.113.0/24' },
      },
      { kind: 'login', at, detail: { client: 'classic', method: 'browser', place: null } },
    ])
    const [last, , first] = events.map((event) => Date.parse(event.at) / 60_000)
    // Seven, if another minute began while the test ran.
    expect([6, 7]).toContain((last ?? 0) - (first ?? 0))
  })

  it('tells a login at a provider with the network it came from, and no more of it', async () => {
    await using stub = await OAuthStub.start()
    await using hub = await startHub({ env: stub.env })
    const browser = new Browser()
    const callback = await goToProvider(hub, 'google', browser)
    const headers = { 'x-forwarded-for': '203.0.113.77' }
    const { accessToken } = endingOf(
      hub,
      (await browser.open(callback, { headers })).location ?? '',
    )

    const events = await eventsOf(hub, accessToken ?? '')

    expect(events).toMatchObject([
      { kind: 'login', detail: { client: 'classic', place: '203.0.113.0/24' } },
    ])
    const { body } = await hub.fetch('GET', '/sessions', { token: accessToken ?? '' })
    expect(body.sessions).toMatchObject([{ provider: 'google', place: '203.0.113.0/24' }])
  })

  it('tells each side of a takeover its own: who won is not said', async () => {
    await using hub = await startHub()
    const squatter = await hub.registeredNode()
    const owner = new TestNode(hub, await hub.signIn(), squatter.identity)
    expect((await owner.prove()).status).toBe(201)

    const lost = await eventsOf(hub, squatter.token)
    const won = await eventsOf(hub, owner.token)

    const detail = { node_id: squatter.id }
    expect(lost[0]).toMatchObject({ kind: 'node_taken_over', detail })
    expect(won[0]).toMatchObject({ kind: 'node_proven', detail })
    expect(Object.keys(lost[0]?.detail ?? {})).toEqual(['node_id'])
    expect(JSON.stringify(lost)).not.toContain(String(owner.accountId))
  })

  it('tells who logged out, who was thrown out, and who was caught with an old token', async () => {
    await using hub = await startHub()
    const owner = await beginSession(hub)
    const { accountId } = owner
    const leaving = await hub.signIn(accountId)
    await hub.fetch('POST', '/logout', { token: leaving.accessToken })
    const thrown = await beginSession(hub, { accountId, client: 'web' })
    await hub.fetch('DELETE', `/sessions/${thrown.id}`, { token: owner.accessToken })
    const shared = await beginSession(hub, { accountId })
    const { body } = await hub.fetch('POST', '/refresh', {
      body: { refresh_token: shared.refreshToken },
    })
    expect(await refresh(hub, body.refresh_token)).toBe(200)
    hub.clock.advance({ minutes: 1 })
    expect(await refresh(hub, shared.refreshToken)).toBe(401)
    await hub.fetch('DELETE', '/sessions?keep=current', { token: owner.accessToken })

    const told = (await eventsOf(hub, owner.accessToken)).filter(({ kind }) => kind !== 'login')

    expect(told).toMatchObject([
      // The session that `beginSession` made the account with.
      { kind: 'sessions_ended', detail: { count: 1 } },
      { kind: 'refresh_token_replayed', detail: { client: 'desktop' } },
      { kind: 'session_ended', detail: { client: 'web' } },
      { kind: 'session_ended', detail: { client: 'classic' } },
    ])
  })

  it('tells nobody of anybody else', async () => {
    await using hub = await startHub()
    const [one, other] = [await beginSession(hub), await beginSession(hub, { client: 'web' })]

    for (const { accessToken } of [one, other]) {
      expect(await eventsOf(hub, accessToken)).toHaveLength(2)
    }
    expect(JSON.stringify(await eventsOf(hub, one.accessToken))).not.toContain('web')
  })

  it('keeps the last hundred of each kind, so that none drives another out', async () => {
    await using hub = await startHub()
    const { accountId, accessToken } = await hub.signIn()
    const neighbour = await hub.signIn()
    const log = hub.app.get(AuditLog)
    for (let count = 1; count <= 110; count++) {
      await log.record(accountId, 'prekeys_replaced', { count })
    }

    const shown = await eventsOf(hub, accessToken)
    expect(shown.at(-1)).toMatchObject({ kind: 'login' })
    const counts = shown.slice(0, -1).map(({ detail }) => detail.count)
    expect(counts).toEqual(Array.from({ length: 100 }, (_, index) => 110 - index))
    const kept = await hub.database.query('SELECT FROM audit_events WHERE account_id = $1', [
      accountId,
    ])
    expect(kept).toHaveLength(101)
    expect(await eventsOf(hub, neighbour.accessToken)).toHaveLength(1)
  })

  it('forgets what is older than 90 days', async () => {
    await using hub = await startHub()
    const { accountId } = await hub.signIn()
    for (const [days, events] of [
      [89, 1],
      [2, 0],
    ] as const) {
      hub.clock.advance({ days })
      await hub.app.get(Housekeeping).sweep()
      const kept = await hub.database.query('SELECT FROM audit_events WHERE account_id = $1', [
        accountId,
      ])
      expect([days, kept.length]).toEqual([days, events])
    }
  })

  it('holds up nobody who ends a session while the account is being deleted', async () => {
    await using hub = await startHub()
    const owner = await beginSession(hub)
    const ending = await beginSession(hub, { accountId: owner.accountId })
    const replayed = await beginSession(hub, { accountId: owner.accountId })
    const { body } = await hub.fetch('POST', '/refresh', {
      body: { refresh_token: replayed.refreshToken },
    })
    expect(await refresh(hub, body.refresh_token)).toBe(200)
    hub.clock.advance({ minutes: 1 })
    const deletion = new pg.Client({ connectionString: hub.database.url })
    await deletion.connect()
    // As DELETE /me begins: the account first, its sessions next.
    await deletion.query('BEGIN')
    await deletion.query('SELECT FROM accounts WHERE id = $1 FOR UPDATE', [owner.accountId])

    const { status } = await hub.fetch('DELETE', `/sessions/${ending.id}`, {
      token: owner.accessToken,
    })
    const replay = await refresh(hub, replayed.refreshToken)

    await deletion.query('SELECT FROM sessions WHERE account_id = $1 ORDER BY id FOR UPDATE', [
      owner.accountId,
    ])
    await deletion.query('ROLLBACK')
    await deletion.end()
    expect([status, replay]).toEqual([204, 401])
  })

  it('of a session that another instance has ended is the same on this one', async () => {
    await using here = await startHub()
    await using there = await startHub({
      database: here.database,
      env: { PUBLIC_URL: here.url },
    })
    const owner = await beginSession(here)
    const other = await here.signIn(owner.accountId)
    const token = owner.accessToken

    await there.fetch('DELETE', `/sessions/${sessionIdOf(other.accessToken)}`, { token })

    const [latest] = await eventsOf(here, token)
    expect(latest).toMatchObject({ kind: 'session_ended', detail: { client: 'classic' } })
  })
})

describe('docs/api.md', () => {
  it('explains every kind of event, and no other', () => {
    const [, table = ''] = readFileSync('docs/api.md', 'utf8').split(/^\| kind .*$/m)
    const [rows = ''] = table.split('\n\n')
    const first = [...rows.matchAll(/^\| (`[^|]*)\|/gm)].map(([, cell = '']) => cell)
    const kinds = first.flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, kind]) => kind))

    expect(kinds.sort()).toEqual([...AUDIT_KINDS].sort())
  })
})
