import { createHash, randomUUID } from 'node:crypto'
import { Agent, request } from 'node:http'

import { AccessTokens } from '../../src/tokens/access-token.js'
import type { TestHub } from '../support/hub.js'
import type { Person } from './people.js'

/** Requests under way at once. */
const AT_ONCE = 16
const FIRST_ACCOUNT = 7_000_000_001

/**
 * Puts the people into a hub: accounts, sessions and nodes by their rows, as the seeder does it, and the
 * profiles through `PUT /profile`, so that whatever a search needs is written by the hub itself.
 *
 * @returns the index of each person by the node id that the hub tells
 */
export async function loadPeople(
  hub: TestHub,
  people: readonly Person[],
): Promise<Map<string, number>> {
  const rows = people.map((person) => ({
    person,
    accountId: FIRST_ACCOUNT + person.index,
    sessionId: randomUUID(),
    key: createHash('sha256').update(`judged ${person.index}`).digest('hex'),
  }))
  await insertRows(hub, rows)
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE })
  const tokens = hub.app.get(AccessTokens)
  await eachOf(rows, async ({ person, accountId, sessionId }) => {
    const token = tokens.sign({ accountId, sessionId })
    await put(`${hub.origin}/profile`, token, JSON.stringify(person.profile), agent)
  })
  agent.destroy()
  await makeOlder(hub, rows)
  return new Map(rows.map(({ person, key }) => [longIdOf(key), person.index]))
}

/** Node's own client: `fetch` would take as long again as the hub. */
function put(url: string, token: string, body: string, agent: Agent): Promise<void> {
  const headers = {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  }
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: 'PUT', agent, headers }, (answer) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (part: string) => (text += part))
      answer.on('end', () => {
        if (answer.statusCode === 200) resolve()
        else reject(new Error(`${body}: ${answer.statusCode ?? 0} ${text}`))
      })
    })
    sent.on('error', reject).end(body)
  })
}

interface Row {
  readonly person: Person
  readonly accountId: number
  readonly sessionId: string
  /** The SHA-256 of a key that nobody has. */
  readonly key: string
}

async function insertRows({ database }: TestHub, rows: readonly Row[]): Promise<void> {
  const ids = rows.map(({ accountId }) => accountId)
  await database.query(
    `INSERT INTO accounts (id, created_at) SELECT id, now() FROM unnest($1::bigint[]) AS id`,
    [ids],
  )
  await database.query(
    `INSERT INTO identities (provider, subject, account_id, email_verified, linkable, last_login_at)
     SELECT 'github', 'judged-' || id, id, false, false, now() FROM unnest($1::bigint[]) AS id`,
    [ids],
  )
  await database.query(
    `INSERT INTO sessions (id, account_id, provider, client, created_at, last_used_at, expires_at)
     SELECT id, account_id, 'github', 'classic', now(), date_trunc('hour', now()), now() + interval '1 day'
       FROM unnest($1::uuid[], $2::bigint[]) AS judged (id, account_id)`,
    [rows.map(({ sessionId }) => sessionId), ids],
  )
  await database.query(
    `INSERT INTO nodes (spki_sha256, account_id, node_id, node_id_16, node_id_32,
                        public_key, certificate, registered_at, proven_at)
     SELECT key, account_id, long_id, short_id, long_id, '', '', now(),
            CASE WHEN is_proven THEN now() END
       FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::boolean[])
         AS judged (key, account_id, long_id, short_id, is_proven)`,
    [
      rows.map(({ key }) => key),
      ids,
      rows.map(({ key }) => longIdOf(key)),
      rows.map(({ key }) => `dpc-node-${key.slice(0, 16)}`),
      rows.map(({ person }) => person.isProven),
    ],
  )
}

/** The hub writes profiles as of now; what people last did is up to two years ago. */
async function makeOlder({ database }: TestHub, rows: readonly Row[]): Promise<void> {
  await database.query(
    `UPDATE profiles SET updated_at = updated_at - days * interval '1 day'
       FROM unnest($1::bigint[], $2::int[]) AS judged (id, days) WHERE account_id = id`,
    [rows.map(({ accountId }) => accountId), rows.map(({ person }) => person.daysSinceUpdate)],
  )
  await database.query('ANALYZE')
}

function longIdOf(key: string): string {
  return `dpc-node-${key.slice(0, 32)}`
}

async function eachOf<T>(these: readonly T[], work: (each: T) => Promise<void>): Promise<void> {
  const left = these[Symbol.iterator]()
  const worker = async () => {
    for (const each of left) await work(each)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
}
