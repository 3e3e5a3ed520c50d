import { Injectable } from '@nestjs/common'
import { z } from 'zod'

import { Clock } from '../common/clock.js'
import { DataKey } from '../database/data-key.js'
import { Database, type Queries } from '../database/database.js'

const PURPOSE = 'audit detail'
/** Kept of one kind for one account: what somebody can do often drives nothing else out. */
const MAX_OF_KIND = 100

/** What can happen to an account that its owner would want to know. */
export const AUDIT_KINDS = [
  'login',
  'node_login',
  'session_ended',
  'sessions_ended',
  'refresh_token_replayed',
  'code_replayed',
  'node_registered',
  'node_proven',
  'node_taken_over',
  'node_transferred',
  'node_released',
  'node_rotation_requested',
  'node_rotation_cancelled',
  'node_rotated',
  'prekeys_replaced',
  'data_exported',
] as const

export type AuditKind = (typeof AUDIT_KINDS)[number]

/** Coarse: a client's name, a network of /24 or /48, one node of the account's own. */
const detailSchema = z.record(z.string(), z.union([z.string(), z.number(), z.null()]))

export type AuditDetail = z.output<typeof detailSchema>

export interface AuditEvent {
  readonly kind: string
  /** To the minute. */
  readonly at: Date
  readonly detail: AuditDetail
}

/**
 * What happened to an account, for its owner to read. Never who signals whom, and of two people who
 * meet over a node's id each is told only their own side.
 */
@Injectable()
export class AuditLog {
  constructor(
    private readonly database: Database,
    private readonly dataKey: DataKey,
    private readonly clock: Clock,
  ) {}

  /**
   * Writes one event down, in the caller's transaction when `queries` is given. An account that is
   * gone, or being deleted, has no trail: then nothing is written. It waits for nobody but another
   * event of the same account, so callers may hold locks of any kind.
   *
   * Indexes: accounts_pkey, audit_events_account_id_idx.
   */
  async record(
    accountId: number,
    kind: AuditKind,
    detail: AuditDetail = {},
    queries: Queries = this.database,
  ): Promise<void> {
    await queries.rows(
      `WITH trimmed AS (
         DELETE FROM audit_events
          WHERE account_id = $1 AND kind = $2
            AND id <= (SELECT id FROM audit_events WHERE account_id = $1 AND kind = $2
                        ORDER BY id DESC OFFSET ${MAX_OF_KIND - 1} LIMIT 1)
       )
       INSERT INTO audit_events (account_id, kind, at, detail)
       SELECT id, $2, date_trunc('minute', $3::timestamptz), $4
         FROM accounts WHERE id = $1 FOR KEY SHARE SKIP LOCKED`,
      [accountId, kind, this.clock.date(), this.dataKey.seal(PURPOSE, JSON.stringify(detail))],
    )
  }

  /** All that is kept, the newest first. Index: audit_events_account_id_idx. */
  async list(accountId: number): Promise<AuditEvent[]> {
    const rows = await this.database.rows<{ kind: string; at: Date; detail: Buffer }>(
      'SELECT kind, at, detail FROM audit_events WHERE account_id = $1 ORDER BY id DESC',
      [accountId],
    )
    return rows.map(({ kind, at, detail }) => {
      const opened: unknown = JSON.parse(this.dataKey.open(PURPOSE, detail))
      return { kind, at, detail: detailSchema.parse(opened) }
    })
  }
}
