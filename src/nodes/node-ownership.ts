import { Injectable } from '@nestjs/common'

import { AuditLog } from '../audit/audit-log.js'
import { Database, type Queries } from '../database/database.js'
import { isUniqueViolation } from '../database/postgres-errors.js'
import type { NodeCertificate } from '../identity/certificate.js'
import { NodeSessions } from '../tokens/node-sessions.js'
import { type Node, NODE_COLUMNS, nodeOf, type NodeRow } from './node-row.js'
import { type Holder, lockNodes } from './ownership-locks.js'
import { Tombstones } from './tombstones.js'

/** An account that wants to own a node. */
export interface Claim {
  readonly accountId: number
  /** Bound to the node when the claim holds; null for one that nobody waits for. */
  readonly sessionId: string | null
  readonly certificate: Omit<NodeCertificate, 'publicKey' | 'notAfter'>
  /** It has signed with the node's key. */
  readonly isProven: boolean
  /** The person behind it has just logged in: the key may speak for them from now on. */
  readonly isVouched: boolean
  /** It wants the node even if another account has proven it. */
  readonly isTransfer: boolean
  /** Null leaves the label as it is. */
  readonly label: string | null
}

/** What becomes of a node when somebody claims it. */
type Verdict = 'register' | 'renew' | 'take_over' | 'transfer' | 'taken'

/** The account owns the node now. */
export interface Owned {
  readonly kind: 'owned'
  readonly node: Node
  readonly verdict: Exclude<Verdict, 'taken'>
  /** Sessions of the former owner that are over. */
  readonly endedSessions: readonly string[]
}

/**
 * Why the account does not. `session_ended`: it has logged out, or its account was deleted, while it
 * registered.
 */
export interface NotOwned {
  readonly kind: 'taken' | 'collision' | 'reserved' | 'session_ended'
}

export type Claimed = Owned | NotOwned

/** Decides who owns a node (CONTRACT §2), each time in one transaction; `lockNodes` says in which order. */
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
  claim(claim: Claim & { sessionId: string }, now: Date): Promise<Claimed> {
    return this.decide<Claimed>(async (queries) => {
      const { accountId, sessionId, certificate } = claim
      const { spkiSha256, ids } = certificate
      const locked = { spkiSha256, shortId: ids.short }
      const holders = await lockNodes(accountId, [locked], queries)
      if (!holders) return { kind: 'session_ended' }
      const taken = await this.take(claim, holders.get(spkiSha256) ?? null, queries, now)
      if (taken.kind === 'owned' && !(await this.sessions.bind(sessionId, spkiSha256, queries)))
        throw new Refused('session_ended')
      return taken
    })
  }

  /**
   * Gives a node up and resolves with the sessions that ended with it; null if it is not the
   * account's. Its former owner can register it again, others for 30 days only with proof.
   */
  async release(
    { accountId, spkiSha256, ids }: Node,
    sessionId: string,
    now: Date,
  ): Promise<string[] | null> {
    return this.database.transaction(async (queries) => {
      const holders = await lockNodes(accountId, [{ spkiSha256, shortId: ids.short }], queries)
      const holder = holders?.get(spkiSha256)
      if (holder?.accountId !== accountId) return null
      await this.sessions.lock([spkiSha256], null, queries)
      const ended = await this.sessions.end(spkiSha256, sessionId, now, queries)
      await this.tombstones.bury(accountId, [spkiSha256], queries, now)
      // Index: nodes_pkey; the cascade uses the index on the node of each table.
      await queries.rows('DELETE FROM nodes WHERE spki_sha256 = $1', [spkiSha256])
      await this.audit.record(accountId, 'node_released', { node_id: holder.nodeId }, queries)
      return ended
    })
  }

  /**
   * Gives the node to whoever claims it, if they may have it. The caller has locked it.
   *
   * @throws Refused  the node is kept for somebody else; see `decide`
   */
  async take(
    claim: Claim,
    holder: Holder | null,
    queries: Queries,
    now: Date,
  ): Promise<Owned | NotOwned> {
    const { accountId, sessionId, certificate, isProven } = claim
    const { spkiSha256 } = certificate
    const verdict = judge(claim, holder)
    if (verdict === 'taken') return { kind: 'taken' }
    const hasMoved = verdict === 'take_over' || verdict === 'transfer'
    if (hasMoved) await this.sessions.lock([spkiSha256], sessionId, queries)
    const node = await write(queries, claim, now)
    if (verdict === 'register') {
      const isFree = await this.tombstones.lift(accountId, spkiSha256, queries, now)
      if (!isFree && !isProven) throw new Refused('reserved')
    }
    const endedSessions = hasMoved ? await this.clear(queries, spkiSha256, now) : []
    await this.tell(queries, claim, holder, verdict)
    return { kind: 'owned', node, verdict, endedSessions }
  }

  /** Runs a transaction in which a claim may turn out to be void; then nothing of it is written. */
  async decide<Outcome>(work: (queries: Queries) => Promise<Outcome>): Promise<Outcome | NotOwned> {
    try {
      return await this.database.transaction(work)
    } catch (error) {
      if (error instanceof Refused) return { kind: error.kind }
      const isOtherKey =
        isUniqueViolation(error, 'nodes_node_id_16_key') ||
        isUniqueViolation(error, 'nodes_node_id_32_key')
      if (isOtherKey) return { kind: 'collision' }
      throw error
    }
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
  const { accountId, certificate, isProven, isVouched, label } = claim
  const { spkiSha256, nodeId, ids, publicKeyPem, pem } = certificate
  const [row] = await queries.rows<NodeRow>(
    `INSERT INTO nodes AS n
            (spki_sha256, account_id, node_id, node_id_16, node_id_32, public_key, certificate,
             registered_at, proven_at, label, is_vouched)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
         ON CONFLICT (spki_sha256) DO UPDATE
            SET account_id = EXCLUDED.account_id, node_id = EXCLUDED.node_id,
                certificate = EXCLUDED.certificate, registered_at = EXCLUDED.registered_at,
                proven_at = coalesce(CASE WHEN n.account_id = EXCLUDED.account_id THEN n.proven_at END,
                                     EXCLUDED.proven_at),
                is_vouched = EXCLUDED.is_vouched OR (n.is_vouched AND n.account_id = EXCLUDED.account_id),
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
      isProven && isVouched,
    ],
  )
  if (!row) throw new Error('an upsert has answered no row')
  return nodeOf(row)
}

/** Rolls back what a claim has written. */
class Refused extends Error {
  constructor(readonly kind: 'reserved' | 'session_ended') {
    super(kind)
  }
}
