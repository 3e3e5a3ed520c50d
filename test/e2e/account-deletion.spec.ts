import { describe, expect, it } from '@jest/globals'

import { startHub, type TestHub } from '../support/hub.js'
import { cloneDatabase, type TestDatabase } from '../support/postgres.js'

const CANARY = 'canary-7f3a'

/** Every row of every table that holds one of the words, as `table: row`. */
async function rowsWith(database: TestDatabase, words: readonly string[]): Promise<string[]> {
  const tables = await database.query<{ name: string }>(
    `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'`,
  )
  const found: string[] = []
  for (const { name } of tables) {
    const rows = await database.query<{ row: string }>(
      `SELECT to_jsonb(t)::text AS row FROM "${name}" t`,
    )
    const holding = rows.filter(({ row }) => words.some((word) => row.includes(word)))
    found.push(...holding.map(({ row }) => `${name}: ${row}`))
  }
  return found
}

function profileOf(hub: TestHub, token: string, name: string) {
  const body = {
    name,
    description: name,
    expertise: { [name]: 5 },
    compute: { name },
    p2p_uri_hint: name,
  }
  return hub.fetch('PUT', '/profile', { token, body })
}

const tableOf = (row: string) => row.split(':')[0]

describe('DELETE /profile', () => {
  it('leaves no row that names the account, its nodes, its sessions or what it published', async () => {
    await using hub = await startHub()
    const doomed = await hub.registeredNode()
    await hub.registeredNode({ accountId: doomed.accountId, idLength: 16 })
    await profileOf(hub, doomed.token, CANARY)
    const sessions = await hub.database.query<{ id: string }>('SELECT id FROM sessions')
    const nodes = await hub.database.query<{ spki: string; short: string }>(
      'SELECT spki_sha256 AS spki, node_id_16 AS short FROM nodes',
    )
    const words = [
      CANARY,
      String(doomed.accountId),
      ...sessions.map(({ id }) => id),
      ...nodes.flatMap(({ spki, short }) => [spki, short.slice('dpc-node-'.length)]),
    ]
    const before = await rowsWith(hub.database, words)
    expect([...new Set(before.map(tableOf))].sort()).toEqual(
      [
        'accounts',
        'audit_events',
        'identities',
        'nodes',
        'profile_skills',
        'profiles',
        'sessions',
      ].sort(),
    )

    const { status, body } = await doomed.fetch('DELETE', '/profile')

    expect([status, body]).toEqual([204, ''])
    expect(await rowsWith(hub.database, words)).toEqual([])
  })

  it('ends every session of the account at once, and nobody finds it', async () => {
    await using hub = await startHub()
    const doomed = await hub.registeredNode()
    const browser = await hub.signIn(doomed.accountId)
    const other = await hub.signIn()
    await profileOf(hub, doomed.token, CANARY)

    await hub.fetch('DELETE', '/profile', { token: browser.accessToken })

    for (const token of [doomed.token, browser.accessToken]) {
      expect(await hub.fetch('GET', '/users/me', { token })).toMatchObject({
        status: 401,
        body: { error_code: 'session_ended' },
      })
    }
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

    await doomed.fetch('DELETE', '/profile')

    expect(await doomed.closed).toMatchObject({ code: 4503 })
    bystander.send({ type: 'ping' })
    expect(await bystander.next()).toMatchObject({ type: 'pong' })
  })

  it('touches nobody else', async () => {
    await using hub = await startHub()
    const [doomed, neighbour] = [await hub.registeredNode(), await hub.registeredNode()]
    await profileOf(hub, doomed.token, 'same')
    const { body: profile } = await profileOf(hub, neighbour.token, 'same')

    await doomed.fetch('DELETE', '/profile')

    expect(await neighbour.fetch('GET', '/profile')).toMatchObject({ status: 200, body: profile })
    expect(await neighbour.fetch('GET', '/discovery/search?q=same')).toMatchObject({
      body: { results: [{ node_id: neighbour.id }], total: 1 },
    })
  })

  it('works for an account that never published or registered anything', async () => {
    await using hub = await startHub()
    const { accessToken: token, accountId } = await hub.signIn()

    expect(await hub.fetch('DELETE', '/profile', { token })).toMatchObject({ status: 204 })
    expect(await rowsWith(hub.database, [String(accountId)])).toEqual([])
  })

  it('wins over publications at the same time', async () => {
    await using hub = await startHub({ env: { RATE_LIMIT_ENABLED: 'false' } })
    for (let round = 0; round < 10; round++) {
      const { accessToken: token, accountId } = await hub.signIn()
      // In every second round there is a profile to update, else there is one to insert.
      if (round % 2 === 0) await profileOf(hub, token, CANARY)

      const puts = Array.from({ length: 6 }, () => profileOf(hub, token, CANARY))
      const deleted = hub.fetch('DELETE', '/profile', { token })
      const statuses = (await Promise.all(puts)).map(({ status }) => status)

      expect((await deleted).status).toBe(204)
      expect(statuses.filter((status) => status !== 200 && status !== 401)).toEqual([])
      expect(await rowsWith(hub.database, [CANARY, String(accountId)])).toEqual([])
    }
  })

  it('refuses a publication through an instance that has not heard of it', async () => {
    await using database = await cloneDatabase()
    await using here = await startHub({ database })
    await using there = await startHub({ database, env: { PUBLIC_URL: here.url } })
    const { accessToken: token } = await here.signIn()
    expect(await profileOf(there, token, CANARY)).toMatchObject({ status: 200 })

    await here.fetch('DELETE', '/profile', { token })

    expect(await profileOf(there, token, CANARY)).toMatchObject({
      status: 401,
      body: { error_code: 'session_ended' },
    })
    expect(await rowsWith(database, [CANARY])).toEqual([])
  })

  it('may be asked for five times at once', async () => {
    await using hub = await startHub()
    const { accessToken: token, accountId } = await hub.signIn()

    const answers = await Promise.all(
      Array.from({ length: 5 }, () => hub.fetch('DELETE', '/profile', { token })),
    )

    const statuses = answers.map(({ status }) => status)
    expect(statuses).toContain(204)
    expect(statuses.filter((status) => status !== 204 && status !== 401)).toEqual([])
    expect(await rowsWith(hub.database, [String(accountId)])).toEqual([])
  })
})
