import type { Queries } from '../database/database.js'

/** Who holds a node, from here on for certain. */
export interface Holder {
  readonly accountId: number
  readonly nodeId: string
  readonly isProven: boolean
  readonly isVouched: boolean
  readonly label: string | null
}

/** A node that is about to change hands, by its identity and its short id. */
export interface LockedNode {
  readonly spkiSha256: string
  readonly shortId: string
}

/**
 * Locks nodes and the accounts that have to do with them until the caller's transaction ends, and
 * resolves with who holds them, by `spki_sha256`; null if the acting account is gone.
 *
 * All who decide over a node lock in one order, so that none waits for one that waits for it: the
 * turns of the ids, the accounts, the nodes, then their sessions (`NodeSessions.lock`). The deletion of
 * an account begins at the account too.
 *
 * NOTE: the holder's account is locked before the node is looked at: a deletion under way is waited
 * for, and only then are its tombstones seen.
 */
export async function lockNodes(
  accountId: number,
  nodes: readonly LockedNode[],
  queries: Queries,
): Promise<ReadonlyMap<string, Holder> | null> {
  // Those of one id take turns: ON CONFLICT looks at the key only, and two inserts at once could
  // meet, or wait for each other, at the indexes of the ids.
  for (const turn of nodes.map(({ shortId }) => turnOf(shortId)).sort()) {
    await queries.rows('SELECT pg_advisory_xact_lock($1::bigint)', [turn])
  }
  const spkis = nodes.map(({ spkiSha256 }) => spkiSha256)
  // Index: accounts_pkey, nodes_pkey.
  const accounts = await queries.rows<{ id: number }>(
    `SELECT id FROM accounts
      WHERE id = $1 OR id IN (SELECT account_id FROM nodes WHERE spki_sha256 = ANY ($2::text[]))
      ORDER BY id FOR NO KEY UPDATE`,
    [accountId, spkis],
  )
  if (!accounts.some(({ id }) => id === accountId)) return null
  // Index: nodes_pkey.
  const rows = await queries.rows<HolderRow>(
    `SELECT spki_sha256, account_id, node_id, proven_at IS NOT NULL AS is_proven, is_vouched, label
       FROM nodes WHERE spki_sha256 = ANY ($1::text[]) ORDER BY spki_sha256 FOR UPDATE`,
    [spkis],
  )
  return new Map(rows.map((row) => [row.spki_sha256, holderOf(row)]))
}

interface HolderRow {
  readonly spki_sha256: string
  readonly account_id: number
  readonly node_id: string
  readonly is_proven: boolean
  readonly is_vouched: boolean
  readonly label: string | null
}

function holderOf(row: HolderRow): Holder {
  const { account_id: accountId, node_id: nodeId, label } = row
  return { accountId, nodeId, isProven: row.is_proven, isVouched: row.is_vouched, label }
}

/** The 64 bits that the short id spells. */
function turnOf(shortId: string): string {
  return BigInt.asIntN(64, BigInt(`0x${shortId.slice(-16)}`)).toString()
}
