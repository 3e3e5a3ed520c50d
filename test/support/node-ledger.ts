import type { TestHub } from './hub.js'
import type { TestNode } from './test-node.js'
import type { SelfSigned } from './x509.js'

/** What the node's account can read of, logins left out; the oldest first. */
export async function eventsOf(hub: TestHub, { accountId }: TestNode): Promise<string[]> {
  const rows = await hub.database.query<{ kind: string }>(
    `SELECT kind FROM audit_events WHERE account_id = $1 AND kind <> 'login' ORDER BY id`,
    [accountId],
  )
  return rows.map(({ kind }) => kind)
}

/** The accounts that have the node: one, or none. */
export async function ownersOf(hub: TestHub, { spkiSha256 }: SelfSigned): Promise<number[]> {
  const rows = await hub.database.query<{ account_id: string }>(
    'SELECT account_id FROM nodes WHERE spki_sha256 = $1',
    [spkiSha256],
  )
  return rows.map(({ account_id: accountId }) => Number(accountId))
}
