import { Injectable } from '@nestjs/common'

import { AuditLog } from '../audit/audit-log.js'
import { Clock } from '../common/clock.js'
import { DataKey } from '../database/data-key.js'
import { Database, type Queries } from '../database/database.js'
import { RevocationFeed } from './revocation-feed.js'
import { PLACE, SessionStore } from './session.store.js'

/** Sessions in one answer. */
const MAX_LISTED = 500

/** A live session, as its owner sees it. */
export interface ListedSession {
  readonly id: string
  readonly client: string
  readonly provider: string
  /** The network it began in, /24 or /48; null if nobody could tell. */
  readonly place: string | null
  readonly node: {
    readonly nodeId: string
    readonly label: string | null
    readonly isProven: boolean
  } | null
  readonly isKeyBound: boolean
  readonly createdAt: Date
  /** Its login or its last refresh, to the hour. */
  readonly lastUsedAt: Date
  readonly expiresAt: Date
}

interface ListedRow {
  readonly id: string
  readonly client: string
  readonly provider: string
  readonly place: Buffer | null
  readonly is_key_bound: boolean
  readonly created_at: Date
  readonly last_used_at: Date
  readonly expires_at: Date
  readonly node_id: string | null
  readonly label: string | null
  readonly is_proven: boolean
}

/** What the owner of an account does with its sessions: look at them, end one, end all. */
@Injectable()
export class AccountSessions {
  constructor(
    private readonly database: Database,
    private readonly sessions: SessionStore,
    private readonly audit: AuditLog,
    private readonly feed: RevocationFeed,
    private readonly dataKey: DataKey,
    private readonly clock: Clock,
  ) {}

  /** The live ones, the newest first. Index: sessions_account_id_idx, then nodes_pkey. */
  async list(accountId: number): Promise<ListedSession[]> {
    const rows = await this.database.rows<ListedRow>(
      `SELECT s.id, s.client, s.provider, s.place, s.dpop_jkt IS NOT NULL AS is_key_bound,
              s.created_at, s.last_used_at, s.expires_at,
              n.node_id, n.label, n.proven_at IS NOT NULL AS is_proven
         FROM sessions s
         LEFT JOIN nodes n ON n.spki_sha256 = s.node AND n.account_id = s.account_id
        WHERE s.account_id = $1 AND s.revoked_at IS NULL AND s.expires_at > $2
        ORDER BY s.created_at DESC, s.id
        LIMIT ${MAX_LISTED}`,
      [accountId, this.clock.date()],
    )
    return rows.map((row) => this.listedOf(row))
  }

  /**
   * Ends one session of the account. Durable when it resolves, and only then told to anybody. False
   * if there is none: it has ended, never was, or is another account's.
   */
  async end(accountId: number, sessionId: string): Promise<boolean> {
    const hasEnded = await this.database.transaction((queries) =>
      this.endOne(queries, accountId, sessionId),
    )
    if (hasEnded) this.feed.announce({ kind: 'session', sessionId })
    return hasEnded
  }

  /** Ends all sessions of the account, or all but `keep`; as `end` does. */
  async endAll(accountId: number, keep: string | null = null): Promise<void> {
    const ended = await this.database.transaction(async (queries) => {
      await this.dropPending(accountId, queries)
      const which = keep === null ? {} : { keep }
      const ids = await this.sessions.revokeAll(accountId, which, this.clock.date(), queries)
      const detail = { count: ids.length }
      if (ids.length > 0) await this.audit.record(accountId, 'sessions_ended', detail, queries)
      return ids
    })
    for (const sessionId of ended) this.feed.announce({ kind: 'session', sessionId })
  }

  /**
   * Logins whose client has yet to come for its tokens. First: one that is being redeemed just now is
   * waited for, and its session then ended with the others.
   * Index: authorization_codes_account_id_idx, device_codes_account_id_idx.
   */
  private async dropPending(accountId: number, queries: Queries): Promise<void> {
    await queries.rows('DELETE FROM authorization_codes WHERE account_id = $1', [accountId])
    await queries.rows('DELETE FROM device_codes WHERE account_id = $1', [accountId])
  }

  /** Index: sessions_pkey. */
  private async endOne(queries: Queries, accountId: number, sessionId: string): Promise<boolean> {
    const [row] = await queries.rows<{ client: string }>(
      `UPDATE sessions SET revoked_at = $3
        WHERE id = $2 AND account_id = $1 AND revoked_at IS NULL AND expires_at > $3
        RETURNING client`,
      [accountId, sessionId, this.clock.date()],
    )
    if (!row) return false
    await this.audit.record(accountId, 'session_ended', { client: row.client }, queries)
    return true
  }

  private listedOf(row: ListedRow): ListedSession {
    const { id, client, provider, place, node_id: nodeId, label, is_proven: isProven } = row
    return {
      id,
      client,
      provider,
      place: place && this.dataKey.open(PLACE, place),
      node: nodeId === null ? null : { nodeId, label, isProven },
      isKeyBound: row.is_key_bound,
      createdAt: row.created_at,
      lastUsedAt: row.last_used_at,
      expiresAt: row.expires_at,
    }
  }
}
