import { Injectable } from '@nestjs/common'

import { AuditLog } from '../audit/audit-log.js'
import { Database, type Queries } from '../database/database.js'
import { isUniqueViolation } from '../database/postgres-errors.js'
import type { NodeCertificate } from '../identity/certificate.js'
import { NodeSessions } from '../tokens/node-sessions.js'
import { type Node, NODE_COLUMNS, nodeOf, type NodeRow } from './node-row.js'
import { Tombstones } from './tombstones.js'

/** An account that wants to own a node. */
export interface Claim {
  readonly accountId: number
  /** Bound to the node when the claim holds. */
  readonly sessionId: string
  readonly certificate: Omit<NodeCertificate, 'publicKey' | 'notAfter'>
  /** It has signed with the node's key. */
  readonly isProven: boolean
  /** It wants the node even if another account has proven it. */
  readonly isTransfer: boolean
  /** Null leaves the label as it is. */
  readonly label: string | null
}

/** What becomes of a node when somebody claims it. */
type Verdict = 'register' | 'renew' | 'take_over' | 'transfer' | 'taken'

/**
 * What became of a claim: the account owns the node now, or why it does not.
 * `session_ended`: it has logged out, or its account was deleted, while it registered.
 */
export type Claimed =
  | {
      readonly kind: 'owned'
      readonly node: Node
      readonly verdict: Exclude<Verdict, 'taken'>
      /** Sessions of the former owner that are over. */
      readonly endedSessions: readonly string[]
    }
  | { readonly kind: 'taken' | 'collision' | 'reserved' | 'session_ended' }

/** Who holds the node, and whether they have proven it. */
interface Holder {
  readonly accountId: number
  readonly nodeId: string
  readonly isProven: boolean
}

/**
 * Decides who owns a node (CONTRACT §2), each time in one transaction.
 *
 * All of them lock in one order, so that none waits for one that waits for it: the id's turn, the
 * accounts, the node, its sessions. The deletion of an account begins at the account too.
 */
@Injectable()
export class NodeOwnership {
  constructor(
    private readonly database: Database,
    private readonly tombstones: Tombstones,
    private readonly sessions: NodeSessions,
    private readonly audit: AuditLog,
  ) {}

  /**
   * Registers a node to an account, or renews its certificate and the id it goes by. Of two that
   * claim a node the first gets it, unless the second alone has proven it; a proven node moves to
   * another account only by its proof and wish. Whoever loses it is told, and keeps nothing of it.
   */
  async claim(claim: Claim, now: Date): Promise<Claimed> {
    try {
      return await this.database.transaction((queries) => this.claimOnce(queries, claim, now))
    } catch (error) {
      if (error instanceof Refused) return { kind: error.kind }
      const isOtherKey =
        isUniqueViolation(error, 'nodes_node_id_16_key') ||
        isUniqueViolation(error, 'nodes_node_id_32_key')
      if (isOtherKey) return { kind: 'collision' }
      throw error
    }
  }

  /**
   * Gives a node up and resolves with the sessions that ended with it; null if it is not the
   * account's. Its former owner can register it again, others for 30 days only with proof.
   */
  async release(
    {
      accountId,
      sessionId,
      spkiSha256,
    }: Pick<Claim, 'accountId' | 'sessionId'> & {
      spkiSha256: string
    },
    now: Date,
  ): Promise<string[] | null> {
    return this.database.transaction(async (queries) => {
      // Index: accounts_pkey.
      await queries.rows('SELECT FROM accounts WHERE id = $1 FOR KEY SHARE', [accountId])
      // Index: nodes_pkey.
      const [node] = await queries.rows<{ node_id: string }>(
        'SELECT node_id FROM nodes WHERE spki_sha256 = $1 AND account_id = $2 FOR UPDATE',
        [spkiSha256, accountId],
      )
      if (!node) return null
      await this.sessions.lock([spkiSha256], null, queries)
      const ended = await this.sessions.end(spkiSha256, sessionId, now, queries)
      await this.tombstones.bury(accountId, [spkiSha256], queries, now)
      // Index: nodes_pkey; the cascade uses the index on the node of each table.
      await queries.rows('DELETE FROM nodes WHERE spki_sha256 = $1', [spkiSha256])
      await this.audit.record(accountId, 'node_released', { node_id: node.node_id }, queries)
      return ended
    })
  }

  private async claimOnce(queries: Queries, claim: Claim, now: Date): Promise<Claimed> {
    const { accountId, sessionId, certificate } = claim
    const { spkiSha256 } = certificate
    const holder = await this.holderOf(queries, claim)
    const verdict = judge(claim, holder)
    if (verdict === 'taken') return { kind: 'taken' }
    const hasMoved = verdict === 'take_over' || verdict === 'transfer'
    if (hasMoved) await this.sessions.lock([spkiSha256], sessionId, queries)
    const node = await write(queries, claim, now)
    if (verdict === 'register') {
      const isFree = await this.tombstones.lift(accountId, spkiSha256, queries, now)
      if (!isFree && !claim.isProven) throw new Refused('reserved')
    }
    const endedSessions = hasMoved ? await this.clear(queries, spkiSha256, now) : []
    if (!(await this.sessions.bind(sessionId, spkiSha256, queries)))
      throw new Refused('session_ended')
    await this.tell(queries, claim, holder, verdict)
    return { kind: 'owned', node, verdict, endedSessions }
  }

  /**
   * Who holds the node, from here on for certain.
   *
   * NOTE: the holder's account is locked before the node is looked at: a deletion under way is
   * waited for, and only then are its tombstones seen.
   *
   * @throws Refused  the claiming account is gone
   */
  private async holderOf(
    queries: Queries,
    { accountId, certificate }: Claim,
  ): Promise<Holder | null> {
    const { spkiSha256, ids } = certificate
    // Claims of one id take turns: ON CONFLICT looks at the key only, and two inserts at once could
    // meet, or wait for each other, at the indexes of the ids.
    await queries.rows('SELECT pg_advisory_xact_lock($1::bigint)', [lockKeyOf(ids.short)])
    // Index: accounts_pkey, nodes_pkey.
    const accounts = await queries.rows<{ id: number }>(
      `SELECT id FROM accounts
        WHERE id IN ($1, (SELECT account_id FROM nodes WHERE spki_sha256 = $2))
        ORDER BY id FOR KEY SHARE`,
      [accountId, spkiSha256],
    )
    if (!accounts.some(({ id }) => id === accountId)) throw new Refused('session_ended')
    // Index: nodes_pkey.
    const [row] = await queries.rows<{ account_id: number; node_id: string; is_proven: boolean }>(
      `SELECT account_id, node_id, proven_at IS NOT NULL AS is_proven
         FROM nodes WHERE spki_sha256 = $1 FOR NO KEY UPDATE`,
      [spkiSha256],
    )
    return row ? { accountId: row.account_id, nodeId: row.node_id, isProven: row.is_proven } : null
  }

  /** What the former owner had with the node. Index: prekeys_pkey, node_rotations_pkey. */
  private async clear(queries: Queries, spkiSha256: string, now: Date): Promise<string[]> {
    await queries.rows('DELETE FROM prekeys WHERE node = $1', [spkiSha256])
    await queries.rows('DELETE FROM node_rotations WHERE node = $1', [spkiSha256])
    return this.sessions.unbind(spkiSha256, now, queries)
  }

  /** Each side reads of its own only, never of the other. */
  private async tell(
    queries: Queries,
    { accountId, isProven, certificate }: Claim,
    holder: Holder | null,
    verdict: Verdict,
  ): Promise<void> {
    const detail = { node_id: certificate.nodeId }
    if (verdict === 'transfer') {
      await this.audit.record(accountId, 'node_transferred', detail, queries)
    } else if (isProven && (verdict !== 'renew' || !holder?.isProven)) {
      await this.audit.record(accountId, 'node_proven', detail, queries)
    } else if (verdict === 'register') {
      await this.audit.record(accountId, 'node_registered', detail, queries)
    }
    if (holder && holder.accountId !== accountId) {
      const kind = verdict === 'transfer' ? 'node_transferred' : 'node_taken_over'
      await this.audit.record(holder.accountId, kind, { node_id: holder.nodeId }, queries)
    }
  }
}

function judge({ accountId, isProven, isTransfer }: Claim, holder: Holder | null): Verdict {
  if (!holder) return 'register'
  if (holder.accountId === accountId) return 'renew'
  if (isProven && !holder.isProven) return 'take_over'
  return isProven && isTransfer ? 'transfer' : 'taken'
}

/** Index: nodes_pkey; the unique ids catch another key of the same id. */
async function write(queries: Queries, claim: Claim, now: Date): Promise<Node> {
  const { accountId, certificate, isProven, label } = claim
  const { spkiSha256, nodeId, ids, publicKeyPem, pem } = certificate
  const [row] = await queries.rows<NodeRow>(
    `INSERT INTO nodes AS n
            (spki_sha256, account_id, node_id, node_id_16, node_id_32, public_key, certificate,
             registered_at, proven_at, label)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         ON CONFLICT (spki_sha256) DO UPDATE
            SET account_id = EXCLUDED.account_id, node_id = EXCLUDED.node_id,
                certificate = EXCLUDED.certificate, registered_at = EXCLUDED.registered_at,
                proven_at = coalesce(CASE WHEN n.account_id = EXCLUDED.account_id THEN n.proven_at END,
                                     EXCLUDED.proven_at),
                label = coalesce(EXCLUDED.label,
                                 CASE WHEN n.account_id = EXCLUDED.account_id THEN n.label END),
                last_seen_on = CASE WHEN n.account_id = EXCLUDED.account_id THEN n.last_seen_on END
      RETURNING ${NODE_COLUMNS}`,
    [
      spkiSha256,
      accountId,
      nodeId,
      ids.short,
      ids.long,
      publicKeyPem,
      pem,
      now,
      isProven ? now : null,
      label,
    ],
  )
  if (!row) throw new Error('an upsert has answered no row')
  return nodeOf(row)
}

/** The 64 bits that the short id spells. */
function lockKeyOf(shortId: string): string {
  return BigInt.asIntN(64, BigInt(`0x${shortId.slice(-16)}`)).toString()
}

/** Rolls back what a claim has written. */
class Refused extends Error {
  constructor(readonly kind: 'reserved' | 'session_ended') {
    super(kind)
  }
}
