import { randomUUID } from 'node:crypto'

import { Injectable } from '@nestjs/common'

import { HubConfig } from '../config/hub-config.js'
import { Database, type Queries } from '../database/database.js'
import type { Actor } from '../identity/actor.js'
import { nodeIdSchema } from '../identity/node-id.js'
import { judgeRefresh, type RefreshState, type RefreshVerdict } from './refresh-rule.js'

/** A live session: who it is, and where its refresh tokens stand. */
export interface Session {
  readonly actor: Actor
  readonly refresh: RefreshState
}

export interface RefreshAttempt {
  readonly sessionId: string
  readonly presented: number
}

export interface RefreshResult {
  readonly session: Session
  readonly verdict: RefreshVerdict
}

interface SessionRow {
  readonly id: string
  readonly account_id: number
  readonly provider: string
  readonly generation: number
  readonly successor_used_at: Date | null
  readonly expires_at: Date
  readonly spki_sha256: string | null
  readonly node_id: string
  readonly node_id_16: string
  readonly node_id_32: string
}

/** Index: sessions_pkey, then nodes_pkey. A node that has moved to another account is no longer the session's. */
const LIVE_SESSIONS = `
  SELECT s.id, s.account_id, s.provider, s.generation, s.successor_used_at, s.expires_at,
         n.spki_sha256, n.node_id, n.node_id_16, n.node_id_32
    FROM sessions s
    LEFT JOIN nodes n ON n.spki_sha256 = s.node AND n.account_id = s.account_id
   WHERE s.revoked_at IS NULL AND s.expires_at > $1`

/** Logins, in Postgres. What it answers is durable. */
@Injectable()
export class SessionStore {
  constructor(
    private readonly database: Database,
    private readonly config: HubConfig,
  ) {}

  /** Begins a session of `accountId` and resolves with its id. */
  async start(
    start: { accountId: number; provider: string; client: string },
    now: Date,
  ): Promise<string> {
    const id = randomUUID()
    const expiresAt = new Date(now.getTime() + this.config.tokens.refreshTokenSeconds * 1_000)
    await this.database.rows(
      `INSERT INTO sessions (id, account_id, provider, client, created_at, last_used_at, expires_at)
       VALUES ($1, $2, $3, $4, $5, date_trunc('hour', $5::timestamptz), $6)`,
      [id, start.accountId, start.provider, start.client, now, expiresAt],
    )
    return id
  }

  /** The session, unless it has ended or expired. */
  async find(sessionId: string, now: Date): Promise<Session | null> {
    const [row] = await this.database.rows<SessionRow>(`${LIVE_SESSIONS} AND s.id = $2`, [
      now,
      sessionId,
    ])
    return row ? sessionOf(row) : null
  }

  /**
   * Judges many refresh tokens at once, at most one for each session, and writes what changes, in
   * one transaction. A session that has ended is not in the answer; one whose token was replayed
   * is revoked by this call.
   */
  refreshAll(
    attempts: readonly RefreshAttempt[],
    now: Date,
  ): Promise<ReadonlyMap<string, RefreshResult>> {
    const presentedBy = new Map(attempts.map((each) => [each.sessionId, each.presented]))
    return this.database.reserved.transaction(async (queries) => {
      // Locked in the order of their ids, so that two instances never wait for each other.
      const rows = await queries.rows<SessionRow>(
        `${LIVE_SESSIONS} AND s.id = ANY ($2::uuid[]) ORDER BY s.id FOR UPDATE OF s`,
        [now, [...presentedBy.keys()]],
      )
      const results = rows.map((row) => {
        const session = sessionOf(row)
        const presented = presentedBy.get(row.id) ?? 0
        return { session, verdict: judgeRefresh(session.refresh, presented, now.getTime()) }
      })
      await this.advance(queries, results, now)
      await this.revokeReplayed(queries, results, now)
      return new Map(results.map((result) => [result.session.actor.sessionId, result]))
    })
  }

  /** Those of `sessionIds` that have ended, expired or are gone. Index: sessions_pkey. */
  async endedAmong(sessionIds: readonly string[], now: Date): Promise<string[]> {
    const rows = await this.database.rows<{ id: string }>(
      `SELECT asked.id FROM unnest($1::uuid[]) AS asked (id)
        WHERE NOT EXISTS (SELECT FROM sessions s
                           WHERE s.id = asked.id AND s.revoked_at IS NULL AND s.expires_at > $2)`,
      [sessionIds, now],
    )
    return rows.map(({ id }) => id)
  }

  /** Binds the session to the node it registered. Index: sessions_pkey. */
  async bindNode(sessionId: string, spkiSha256: string): Promise<void> {
    await this.database.rows('UPDATE sessions SET node = $2 WHERE id = $1', [sessionId, spkiSha256])
  }

  /** Ends a session. Durable when it resolves. Index: sessions_pkey. */
  async revoke(sessionId: string, now: Date): Promise<void> {
    await this.database.rows(
      'UPDATE sessions SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL',
      [sessionId, now],
    )
  }

  private async advance(
    queries: Queries,
    results: readonly RefreshResult[],
    now: Date,
  ): Promise<void> {
    const advanced = results.flatMap(({ session, verdict }) =>
      verdict.kind === 'advance'
        ? [{ id: session.actor.sessionId, generation: verdict.state.generation }]
        : [],
    )
    if (advanced.length === 0) return
    await queries.rows(
      `UPDATE sessions s
          SET generation = a.generation, successor_used_at = $3,
              last_used_at = date_trunc('hour', $3::timestamptz)
         FROM unnest($1::uuid[], $2::int[]) AS a (id, generation)
        WHERE s.id = a.id`,
      [advanced.map(({ id }) => id), advanced.map(({ generation }) => generation), now],
    )
  }

  private async revokeReplayed(
    queries: Queries,
    results: readonly RefreshResult[],
    now: Date,
  ): Promise<void> {
    const replayed = results
      .filter(({ verdict }) => verdict.kind === 'replayed')
      .map(({ session }) => session.actor.sessionId)
    if (replayed.length === 0) return
    await queries.rows('UPDATE sessions SET revoked_at = $2 WHERE id = ANY ($1::uuid[])', [
      replayed,
      now,
    ])
  }
}

function sessionOf(row: SessionRow): Session {
  return {
    actor: {
      accountId: row.account_id,
      sessionId: row.id,
      provider: row.provider,
      sessionExpiresAt: row.expires_at.getTime(),
      node: row.spki_sha256 === null ? null : nodeOf(row, row.spki_sha256),
    },
    refresh: {
      generation: row.generation,
      generationUsedAt: row.successor_used_at?.getTime() ?? null,
    },
  }
}

function nodeOf(row: SessionRow, spkiSha256: string): Actor['node'] {
  return {
    spkiSha256,
    nodeId: nodeIdSchema.parse(row.node_id),
    shortId: nodeIdSchema.parse(row.node_id_16),
    longId: nodeIdSchema.parse(row.node_id_32),
  }
}
