import { describe, expect, it } from '@jest/globals'

import { exportAnswer } from '../../src/profiles/me.schema.js'
import { columnsOf, everyRow, tablesOfAccounts } from '../support/account-catalogue.js'
import { expectError } from '../support/error-oracle.js'
import { startHub } from '../support/hub.js'
import { startWithStub } from '../support/oauth-client.js'
import { makeRichAccount } from '../support/rich-account.js'
import { beginSession } from '../support/sessions.js'

/** Bytes that stand in the export as they lie there: hashes, and what is public by nature. */
const AS_THEY_ARE = [
  'accounts.email_hmac',
  'authorization_codes.hash',
  'challenges.hash',
  'device_codes.hash',
  'device_codes.user_code_hmac',
  'identities.email_hmac',
  'login_states.hash',
  'node_rotations.new_node_hmac',
  'node_successors.id_16_hmac',
  'node_successors.id_32_hmac',
  'node_tombstones.identity_hmac',
  'node_tombstones.node_hmac',
  'prekeys.public_key',
  'prekeys.signature',
  'sessions.origin',
  'socket_tickets.hash',
]

describe('GET /me/export', () => {
  it('has every table and every column that holds something of the account, and all its rows', async () => {
    await using stubbed = await startWithStub()
    const { hub, stub } = stubbed
    const { accountId, owner } = await makeRichAccount(hub, stub)

    const answer = await hub.fetch('GET', '/me/export', { token: owner.accessToken })

    expect([answer.status, answer.headers.get('content-disposition')]).toEqual([
      200,
      'attachment; filename="hub-account.json"',
    ])
    const { tables, ...head } = exportAnswer.parse(answer.body)
    expect(head).toEqual({
      exported_at: expect.any(String),
      hub: hub.url,
      account_id: accountId,
    })
    // By the catalogue, and, of what no foreign key leads to, by looking for the account everywhere.
    const named = (await everyRow(hub.database)).filter(({ row }) => row.includes(`${accountId}`))
    const expected = new Set([
      ...(await tablesOfAccounts(hub.database)),
      ...named.map(({ table }) => table),
      'node_tombstones',
    ])
    expect(Object.keys(tables).sort()).toEqual([...expected].sort())
    const columns = await columnsOf(hub.database, [...expected])
    for (const table of expected) {
      // A table without a row shows nothing: `makeRichAccount` has to learn how it is filled.
      expect([table, tables[table]?.length]).not.toEqual([table, 0])
      for (const row of tables[table] ?? []) {
        expect([table, Object.keys(row).sort()]).toEqual([table, columns[table]])
      }
    }
    // It is the only account here, so what lies there is its own; but for codes nobody has approved
    // and logins of nobody yet.
    const counts = await countsOf(everyRow(hub.database))
    for (const table of await tablesOfAccounts(hub.database)) {
      const unclaimed = table === 'device_codes' ? 2 : 0
      expect([table, tables[table]?.length]).toEqual([table, (counts.get(table) ?? 0) - unclaimed])
    }
  })

  it('opens what is sealed, and repeats no secret', async () => {
    await using stubbed = await startWithStub()
    const { hub, stub } = stubbed
    const { email, owner, node, subjects } = await makeRichAccount(hub, stub)

    const { body } = await hub.fetch('GET', '/me/export', { token: owner.accessToken })

    const { tables } = exportAnswer.parse(body)
    expect(tables.accounts).toMatchObject([{ email_cipher: email }])
    expect(tables.identities?.map(({ subject }) => subject).sort()).toEqual([...subjects].sort())
    expect(tables.sessions?.map(({ place }) => place)).toContain('127.0.0.0/24')
    expect(tables.device_codes).toMatchObject([{ place: '127.0.0.0/24', decision: 'approved' }])
    expect(tables.audit_events).toContainEqual(
      expect.objectContaining({ kind: 'node_proven', detail: { node_id: node.id } }),
    )
    expect(tables.nodes).toContainEqual(
      expect.objectContaining({ certificate: node.identity.certificatePem, label: 'canary-label' }),
    )
    const bytes = await columnsOf(hub.database, Object.keys(tables), 'bytea')
    const columns = Object.entries(bytes).flatMap(([table, names]) =>
      names.map((name) => ({ table, name })),
    )
    for (const { table, name } of columns) {
      const column = `${table}.${name}`
      const values = (tables[table] ?? []).map((row) => row[name]).filter((value) => value !== null)
      expect([column, values.length]).not.toEqual([column, 0])
      const areHex = values.every((value) => typeof value === 'string' && /^[0-9a-f]*$/.test(value))
      expect([column, areHex]).toEqual([column, AS_THEY_ARE.includes(column)])
    }
    expect(hub.tokens.filter((secret) => JSON.stringify(body).includes(secret))).toEqual([])
  })

  it('has nothing of anybody else', async () => {
    await using stubbed = await startWithStub()
    const { hub, stub } = stubbed
    const other = await makeRichAccount(hub, stub, 'canary-other')
    const { owner } = await makeRichAccount(hub, stub)

    const { body } = await hub.fetch('GET', '/me/export', { token: owner.accessToken })

    const foreign = ['canary-other', `${other.accountId}`, other.node.id, ...other.subjects]
    expect(foreign.filter((word) => JSON.stringify(body).includes(word))).toEqual([])
  })

  it('is told in the audit trail, and in itself', async () => {
    await using hub = await startHub()
    const { accessToken: token } = await beginSession(hub)

    const { body } = await hub.fetch('GET', '/me/export', { token })

    expect(body.tables.audit_events.at(-1)).toMatchObject({ kind: 'data_exported', detail: {} })
    const events = await hub.fetch('GET', '/me/events', { token })
    expect(events.body.events[0]).toMatchObject({ kind: 'data_exported', detail: {} })
  })

  it('says that the session is over when the account was deleted a moment ago', async () => {
    await using hub = await startHub()
    const node = await hub.registeredNode()
    // From here on the token is believed for two seconds without asking.
    expect((await node.fetch('GET', '/users/me')).status).toBe(200)
    await hub.database.query('DELETE FROM accounts')

    expectError(await node.fetch('GET', '/me/export'), 401, 'session_ended')
  })

  it('needs a token', async () => {
    await using hub = await startHub()

    expectError(await hub.fetch('GET', '/me/export'), 401, 'invalid_token')
  })
})

async function countsOf(rows: Promise<{ table: string }[]>): Promise<Map<string, number>> {
  const counts = new Map<string, number>()
  for (const { table } of await rows) counts.set(table, (counts.get(table) ?? 0) + 1)
  return counts
}
