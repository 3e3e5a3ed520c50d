import { describe, expect, it } from '@jest/globals'

import { receiptAnswer } from '../../src/profiles/me.schema.js'
import { everyRow, tablesOfAccounts } from '../support/account-catalogue.js'
import { expectError } from '../support/error-oracle.js'
import { type Answer, startHub, type TestHub } from '../support/hub.js'
import { startWithStub } from '../support/oauth-client.js'
import { cloneDatabase, type TestDatabase } from '../support/postgres.js'
import { makeRichAccount, type RichAccount } from '../support/rich-account.js'
import { beginSession, refresh } from '../support/sessions.js'

const CANARY = 'canary-7f3a'
const MONTH_MS = 30 * 86_400_000

/** Every row of every table that holds one of the words, as `table: row`. */
async function rowsWith(database: TestDatabase, words: readonly string[]): Promise<string[]> {
  const rows = await everyRow(database)
  const holding = rows.filter(({ row }) => words.some((word) => row.includes(word)))
  return holding.map(({ table, row }) => `${table}: ${row}`)
}

/** How many rows each table has, those apart that no account fills. */
async function countRows(database: TestDatabase): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const { table } of await everyRow(database)) {
    // What people list is nobody's: the words of an account that nobody else has go with it.
    if (!['migrations', 'hub_keys', 'instances', 'skills', 'skill_changes'].includes(table))
      counts[table] = (counts[table] ?? 0) + 1
  }
  return counts
}

function profileOf(hub: TestHub, token: string, name: string) {
  const body = {
    name,
    description: name,
    expertise: { [name]: 5 },
    compute: { name },
    p2p_uri_hint: `dpc://${name}`,
  }
  return hub.fetch('PUT', '/profile', { token, body })
}

/** What would tell that the account was here. */
async function tracesOf(hub: TestHub, account: RichAccount): Promise<string[]> {
  const { accountId, email, subjects } = account
  const sessions = await hub.database.query<{ id: string }>('SELECT id FROM sessions')
  const nodes = await hub.database.query<{ spki: string; short: string }>(
    'SELECT spki_sha256 AS spki, node_id_16 AS short FROM nodes',
  )
  return [
    'canary',
    email,
    ...subjects,
    String(accountId),
    ...sessions.map(({ id }) => id),
    ...nodes.flatMap(({ spki, short }) => [spki, short.slice('dpc-node-'.length)]),
  ]
}

/** The two ways, with the status of success. */
const WAYS: readonly [path: string, status: number][] = [
  ['/profile', 204],
  ['/me', 200],
]

describe.each(WAYS)('DELETE %s', (path, status) => {
  it('leaves nothing of an account that had something in every table', async () => {
    await using stubbed = await startWithStub()
    const { hub, stub } = stubbed
    const account = await makeRichAccount(hub, stub)
    const traces = await tracesOf(hub, account)
    const before = await countRows(hub.database)
    const filled = [...(await tablesOfAccounts(hub.database)), 'challenges', 'login_states']
    for (const table of filled) expect([table, before[table] ?? 0]).not.toEqual([table, 0])

    const token = account.owner.accessToken
    expect((await hub.fetch('DELETE', path, { token })).status).toBe(status)

    expect(await rowsWith(hub.database, traces)).toEqual([])
    // It was the only account. Others' are: devices that nobody has approved, logins of nobody yet,
    // a challenge for whoever comes.
    const nobodys = { device_codes: 2, challenges: 1, login_states: before.login_states! - 1 }
    // Three nodes that it had, one given up before, and one whose key was changed; for each of its two
    // identities.
    expect(await countRows(hub.database)).toEqual({ ...nobodys, node_tombstones: 10 })
  })

  it('ends every session of the account at once, and nobody finds it', async () => {
    await using hub = await startHub()
    const doomed = await hub.registeredNode()
    const browser = await hub.signIn(doomed.accountId)
    const other = await hub.signIn()
    await profileOf(hub, doomed.token, CANARY)

    await hub.fetch('DELETE', path, { token: browser.accessToken })

    for (const token of [doomed.token, browser.accessToken]) {
      expectError(await hub.fetch('GET', '/users/me', { token }), 401, 'session_ended')
    }
    expect(await refresh(hub, browser.refreshToken)).toBe(401)
    const token = other.accessToken
    expect(await hub.fetch('GET', `/profile/${doomed.id}`, { token })).toMatchObject({
      status: 404,
    })
    expect(await hub.fetch('GET', `/discovery/search?q=${CANARY}`, { token })).toMatchObject({
      body: { results: [], total: 0 },
    })
  })

  it('closes the connections of the account', async () => {
    await using hub = await startHub()
    const [doomed, bystander] = [await hub.connectNode(), await hub.connectNode()]

    await doomed.fetch('DELETE', path)

    expect(await doomed.closed).toMatchObject({ code: 4503 })
    bystander.send({ type: 'ping' })
    expect(await bystander.next()).toMatchObject({ type: 'pong' })
  })

  it('touches nobody else', async () => {
    await using stubbed = await startWithStub()
    const { hub, stub } = stubbed
    const doomed = await makeRichAccount(hub, stub, 'canary-one')
    const before = await countRows(hub.database)
    const neighbour = await makeRichAccount(hub, stub, 'canary-two')
    const both = await countRows(hub.database)

    await hub.fetch('DELETE', path, { token: doomed.owner.accessToken })

    const left = await countRows(hub.database)
    for (const table of await tablesOfAccounts(hub.database)) {
      const own = both[table]! - before[table]!
      // Devices that nobody has approved belong to neither.
      expect([table, left[table]]).toEqual([table, table === 'device_codes' ? own + 2 : own])
    }
    const { body } = await neighbour.node.fetch('GET', '/discovery/search?q=python')
    expect(body).toMatchObject({ results: [{ name: 'canary-two' }], total: 1 })
  })

  it('works for an account that never published or registered anything', async () => {
    await using hub = await startHub()
    const { accessToken: token, accountId } = await hub.signIn()

    expect((await hub.fetch('DELETE', path, { token })).status).toBe(status)
    expect(await rowsWith(hub.database, [String(accountId)])).toEqual([])
  })

  it('wins over publications at the same time', async () => {
    await using hub = await startHub({ env: { RATE_LIMIT_ENABLED: 'false' } })
    for (let round = 0; round < 10; round++) {
      const { accessToken: token, accountId } = await hub.signIn()
      // In every second round there is a profile to update, else there is one to insert.
      if (round % 2 === 0) await profileOf(hub, token, CANARY)

      const puts = Array.from({ length: 6 }, () => profileOf(hub, token, CANARY))
      const deleted = hub.fetch('DELETE', path, { token })
      const statuses = (await Promise.all(puts)).map((answer) => answer.status)

      expect((await deleted).status).toBe(status)
      expect(statuses.filter((each) => each !== 200 && each !== 401)).toEqual([])
      expect(await rowsWith(hub.database, [CANARY, String(accountId)])).toEqual([])
    }
  })

  it('wins over whatever else the account does at the same time, and nobody waits for ever', async () => {
    await using hub = await startHub({ env: { RATE_LIMIT_ENABLED: 'false' } })
    const taker = await hub.registeredNode()
    for (let round = 0; round < 12; round++) {
      const node = await hub.registeredNode()
      const { accountId, token } = node
      const thrown = await beginSession(hub, { accountId })
      const leaving = await hub.signIn(accountId)
      const mine = { ...node.proofOf(await node.challenge()), label: CANARY }
      const refresher = { body: { refresh_token: node.person.refreshToken } }

      const requests: Promise<Answer>[] = [
        hub.fetch('DELETE', path, { token }),
        hub.fetch('POST', '/refresh', refresher),
        hub.fetch('DELETE', `/sessions/${thrown.id}`, { token }),
        hub.fetch('POST', '/logout', { token: leaving.accessToken }),
        hub.fetch('POST', '/nodes', { token, body: mine }),
        node.tryRegister(),
        hub.fetch('POST', '/nodes/challenge', { token }),
        hub.fetch('GET', '/me/export', { token }),
        taker.fetch('GET', `/nodes/${node.id}/certificate`),
        hub.fetch('DELETE', '/sessions?keep=current', { token }),
      ]
      const answers = await Promise.all(requests)

      for (const { body } of answers) {
        if (body?.access_token) hub.tokens.push(body.access_token, body.refresh_token)
      }
      expect(answers[0]?.status).toBe(status)
      expect(answers.filter((answer) => answer.status >= 500)).toEqual([])
      const left = await rowsWith(hub.database, [CANARY, String(accountId)])
      // A challenge that was asked for in the same moment goes by itself, in two minutes.
      expect(left.filter((row) => !row.startsWith('challenges:'))).toEqual([])
    }
  }, 60_000)

  it('refuses a publication through an instance that has not heard of it', async () => {
    await using database = await cloneDatabase()
    await using here = await startHub({ database })
    await using there = await startHub({ database, env: { PUBLIC_URL: here.url } })
    const { accessToken: token } = await here.signIn()
    expect(await profileOf(there, token, CANARY)).toMatchObject({ status: 200 })

    await here.fetch('DELETE', path, { token })

    expectError(await profileOf(there, token, CANARY), 401, 'session_ended')
    expect(await rowsWith(database, [CANARY])).toEqual([])
  })

  it('may be asked for five times at once', async () => {
    await using hub = await startHub()
    const { accessToken: token, accountId } = await hub.signIn()

    const answers = await Promise.all(
      Array.from({ length: 5 }, () => hub.fetch('DELETE', path, { token })),
    )

    const statuses = answers.map((answer) => answer.status)
    expect(statuses).toContain(status)
    expect(statuses.filter((each) => each !== status && each !== 401)).toEqual([])
    expect(await rowsWith(hub.database, [String(accountId)])).toEqual([])
  })
})

describe('the receipt of DELETE /me', () => {
  it('counts what was erased, table by table, and names what stays, until when and why', async () => {
    await using stubbed = await startWithStub()
    const { hub, stub } = stubbed
    const { accountId, owner } = await makeRichAccount(hub, stub)
    const before = await countRows(hub.database)

    const { body } = await hub.fetch('DELETE', '/me', { token: owner.accessToken })

    const { erased, kept, ...head } = receiptAnswer.parse(body)
    expect(head).toEqual({
      receipt_id: expect.any(String),
      account_id: accountId,
      deleted_at: expect.any(String),
    })
    const after = await countRows(hub.database)
    const gone = Object.entries(before).map(([table, count]) => [
      table,
      count - (after[table] ?? 0),
    ])
    expect(erased).toEqual(
      Object.fromEntries(gone.filter(([table]) => table !== 'node_tombstones')),
    )
    expect(kept).toEqual([
      {
        what: 'node tombstone',
        count: 5,
        until: new Date(Date.parse(head.deleted_at) + MONTH_MS).toISOString(),
        why: expect.stringContaining('nobody but you registers it without its key'),
      },
    ])
  })

  it('is told in the log by its id alone', async () => {
    await using hub = await startHub()
    const { accessToken: token, accountId } = await hub.signIn()

    const { body } = await hub.fetch('DELETE', '/me', { token })

    const lines = hub.logLines.filter((line) => line.includes(body.receipt_id))
    expect(lines).toHaveLength(1)
    expect(hub.logLines.filter((line) => line.includes(String(accountId)))).toEqual([])
  })

  it('keeps nothing of an account without nodes, and is given once', async () => {
    await using hub = await startHub()
    const { accessToken: token } = await hub.signIn()

    const answers = await Promise.all(
      Array.from({ length: 4 }, () => hub.fetch('DELETE', '/me', { token })),
    )

    const given = answers.filter(({ status }) => status === 200)
    expect(given).toHaveLength(1)
    expect(given[0]?.body).toMatchObject({
      erased: { accounts: 1, sessions: 1, nodes: 0 },
      kept: [],
    })
    for (const answer of answers) {
      if (answer.status !== 200) expectError(answer, 401, 'session_ended')
    }
  })
})
