import { randomUUID } from 'node:crypto'

import { Injectable } from '@nestjs/common'

import { AuditLog } from '../audit/audit-log.js'
import { HubConfig } from '../config/hub-config.js'
import { DataKey } from '../database/data-key.js'
import { Database, type Queries } from '../database/database.js'
import type { Actor, SessionClient } from '../identity/actor.js'
import { judgeRefresh, type RefreshState, type RefreshVerdict } from './refresh-rule.js'
import { sessionOf, type SessionRow } from './session-row.js'

/** What places are sealed for. */
export const PLACE = 'place'

/** A live session: who it is, and where its refresh tokens stand. */
export interface Session {
  readonly actor: Actor
  readonly refresh: RefreshState
}

/** Who presents a refresh token, as far as the caller has made sure of it. */
export interface Presenter {
  /** RFC 7638 thumbprint of the key that signed the request (RFC 9449). */
  readonly jkt?: string | null
  /** The `client_id` it was sent with. */
  readonly client?: string | null
}

export interface RefreshAttempt {
  readonly sessionId: string
  readonly presented: number
  readonly by: Presenter
}

/** What is wrong with the presenter comes first, and changes nothing: a thief cannot use tokens up. */
export type AttemptVerdict =
  RefreshVerdict | { readonly kind: 'other_key' } | { readonly kind: 'other_client' }

export interface RefreshResult {
  readonly session: Session
  readonly verdict: AttemptVerdict
}

export function judgeAttempt(
  { actor, refresh }: Session,
  { presented, by }: RefreshAttempt,
  now: number,
): AttemptVerdict {
  if (actor.dpopJkt !== null && by.jkt !== actor.dpopJkt) return { kind: 'other_key' }
  if (typeof by.client === 'string' && by.client !== actor.client) return { kind: 'other_client' }
  return judgeRefresh(refresh, presented, now)
}

/** How a session begins. */
export interface SessionStart {
  readonly accountId: number
  /** Who vouched for the person: a provider, or `node` for a node's key. */
  readonly provider: string
  readonly client: SessionClient
  /** False for a device login: see `requireFreshLogin`. True unless told. */
  readonly isFresh?: boolean
  /** The coarse network it begins in (`coarsePlace`). */
  readonly place?: string | null
  /** RFC 7638 thumbprint of the key it is bound to (RFC 9449). */
  readonly dpopJkt?: string | null
  /** Hash of the code it is made from. */
  readonly origin?: Buffer | null
  /** The node it speaks for from the beginning: `spki_sha256`. */
  readonly node?: string | null
}

/** An open connection's claim: this session, speaking for this node. */
export interface ConnectedSession {
  readonly sessionId: string
  readonly spkiSha256: string
}

/** Index: sessions_pkey, then nodes_pkey and profiles_pkey. A node that has moved to another account is no longer the session's. */
const LIVE_SESSIONS = `
  SELECT s.id, s.account_id, s.provider, s.client, s.generation, s.successor_used_at, s.expires_at,
         s.authenticated_at, s.dpop_jkt, coalesce(p.presence = 'nobody', false) AS is_hidden,
         s.last_used_at >= date_trunc('hour', $1::timestamptz) AS is_used_this_hour,
         n.spki_sha256, n.node_id, n.node_id_16, n.node_id_32, n.proven_at IS NOT NULL AS is_proven
    FROM sessions s
    LEFT JOIN nodes n ON n.spki_sha256 = s.node AND n.account_id = s.account_id
    LEFT JOIN profiles p ON p.account_id = s.account_id
   WHERE s.revoked_at IS NULL AND s.expires_at > $1`

/** Logins, in Postgres. What it answers is durable. */
@Injectable()
export class SessionStore {
  constructor(
    private readonly database: Database,
    private readonly audit: AuditLog,
    private readonly dataKey: DataKey,
    private readonly config: HubConfig,
  ) {}

  /**
   * Begins a session and resolves with its id. Its owner can read of it.
   *
   * @param queries the caller's transaction, when what the session is made from is used up in it
   */
  async start(start: SessionStart, now: Date, queries?: Queries): Promise<string> {
    if (!queries) return this.database.transaction((inner) => this.start(start, now, inner))
    const { accountId, provider, client, isFresh = true, place = null } = start
    const id = randomUUID()
    const expiresAt = new Date(now.getTime() + this.config.tokens.refreshTokenSeconds * 1_000)
    await queries.rows(
      `INSERT INTO sessions (id, account_id, provider, client, created_at, last_used_at, expires_at,
                             authenticated_at, place, dpop_jkt, origin, node)
       VALUES ($1, $2, $3, $4, $5, date_trunc('hour', $5::timestamptz), $6, $7, $8, $9, $10, $11)`,
      [
        id,
        accountId,
        provider,
        client,
        now,
        expiresAt,
        isFresh ? now : null,
        place === null ? null : this.dataKey.seal(PLACE, place),
        start.dpopJkt ?? null,
        start.origin ?? null,
        start.node ?? null,
      ],
    )
    const kind = client === 'node' ? 'node_login' : 'login'
    const method = client === 'node' ? 'node_key' : isFresh ? 'browser' : 'device'
    await this.audit.record(accountId, kind, { client, method, place }, queries)
    return id
  }

  /** The session, unless it has ended or expired. */
  async find(sessionId: string, now: Date): Promise<Session | null> {
    return (await this.findAll([sessionId], now)).get(sessionId) ?? null
  }

  /** Those of the sessions that have neither ended nor expired, by their ids. */
  async findAll(sessionIds: readonly string[], now: Date): Promise<ReadonlyMap<string, Session>> {
    const rows = await this.database.rows<SessionRow>(
      `${LIVE_SESSIONS} AND s.id = ANY ($2::uuid[])`,
      [now, sessionIds],
    )
    return new Map(rows.map((row) => [row.id, sessionOf(row)]))
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
    const attemptOf = new Map(attempts.map((each) => [each.sessionId, each]))
    return this.database.reserved.transaction(async (queries) => {
      // Locked in the order of their ids, so that two instances never wait for each other.
      const rows = await queries.rows<SessionRow>(
        `${LIVE_SESSIONS} AND s.id = ANY ($2::uuid[]) ORDER BY s.id FOR UPDATE OF s`,
        [now, [...attemptOf.keys()]],
      )
      const unusedThisHour = new Set(
        rows.filter((row) => !row.is_used_this_hour).map(({ id }) => id),
      )
      const results = rows.flatMap((row) => {
        const session = sessionOf(row)
        const attempt = attemptOf.get(row.id)
        return attempt ? [{ session, verdict: judgeAttempt(session, attempt, now.getTime()) }] : []
      })
      await this.writeUse(queries, results, unusedThisHour, now)
      await this.revokeReplayed(queries, results, now)
      return new Map(results.map((result) => [result.session.actor.sessionId, result]))
    })
  }

  /**
   * Those of the connected sessions that are no longer what they were when their connection was
   * made: the session has ended, expired or is gone, or its node is no longer its account's.
   * Index: sessions_pkey, nodes_pkey.
   */
  async lostAmong(
    connected: readonly ConnectedSession[],
    now: Date,
  ): Promise<(ConnectedSession & { hasEnded: boolean })[]> {
    const rows = await this.database.rows<{ id: string; spki: string; has_ended: boolean }>(
      `SELECT asked.id, asked.spki, s.id IS NULL AS has_ended
         FROM unnest($1::uuid[], $2::text[]) AS asked (id, spki)
         LEFT JOIN sessions s ON s.id = asked.id AND s.revoked_at IS NULL AND s.expires_at > $3
         LEFT JOIN nodes n ON n.spki_sha256 = asked.spki AND n.account_id = s.account_id
        WHERE n.spki_sha256 IS NULL`,
      [
        connected.map(({ sessionId }) => sessionId),
        connected.map(({ spkiSha256 }) => spkiSha256),
        now,
      ],
    )
    return rows.map((row) => ({ sessionId: row.id, spkiSha256: row.spki, hasEnded: row.has_ended }))
  }

  /** Those of the accounts whose nodes nobody may see to be connected. Index: profiles_pkey. */
  async hiddenAmong(accountIds: readonly number[]): Promise<ReadonlySet<number>> {
    const rows = await this.database.rows<{ account_id: number }>(
      `SELECT account_id FROM profiles
        WHERE account_id = ANY ($1::bigint[]) AND presence = 'nobody'`,
      [accountIds],
    )
    return new Set(rows.map((row) => row.account_id))
  }

  /** Ends the session that was made from a code; resolves with it and its account. Index: sessions_origin_key. */
  async revokeByOrigin(
    origin: Buffer,
    now: Date,
    queries: Queries,
  ): Promise<{ sessionId: string; accountId: number; client: string } | null> {
    const [row] = await queries.rows<{ id: string; account_id: number; client: string }>(
      `UPDATE sessions SET revoked_at = $2 WHERE origin = $1 AND revoked_at IS NULL
        RETURNING id, account_id, client`,
      [origin, now],
    )
    return row ? { sessionId: row.id, accountId: row.account_id, client: row.client } : null
  }

  /**
   * Ends the account's sessions and resolves with their ids: all, or those of one node; all but
   * `keep`. Locked in the order in which refreshes lock them. Index: sessions_account_id_idx.
   */
  async revokeAll(
    accountId: number,
    which: { node?: string; keep?: string },
    now: Date,
    queries: Queries = this.database,
  ): Promise<string[]> {
    const rows = await queries.rows<{ id: string }>(
      `WITH ending AS (
         SELECT id FROM sessions
          WHERE account_id = $1 AND revoked_at IS NULL
            AND ($3::text IS NULL OR node = $3) AND ($4::uuid IS NULL OR id <> $4)
          ORDER BY id FOR UPDATE
       )
       UPDATE sessions s SET revoked_at = $2 FROM ending WHERE s.id = ending.id RETURNING s.id`,
      [accountId, now, which.node ?? null, which.keep ?? null],
    )
    return rows.map(({ id }) => id)
  }

  /** Which generation is the newest, and, once an hour, that the session is in use. */
  private async writeUse(
    queries: Queries,
    results: readonly RefreshResult[],
    unusedThisHour: ReadonlySet<string>,
    now: Date,
  ): Promise<void> {
    const used = results.flatMap(({ session: { actor, refresh }, verdict }) => {
      if (!('issue' in verdict)) return []
      const { generation } = verdict.kind === 'advance' ? verdict.state : refresh
      const isNew = verdict.kind === 'advance' || unusedThisHour.has(actor.sessionId)
      return isNew ? [{ id: actor.sessionId, generation }] : []
    })
    if (used.length === 0) return
    // Index: sessions_pkey.
    await queries.rows(
      `UPDATE sessions s
          SET generation = u.generation,
              successor_used_at = CASE WHEN u.generation > s.generation THEN $3
                                       ELSE s.successor_used_at END,
              last_used_at = date_trunc('hour', $3::timestamptz)
         FROM unnest($1::uuid[], $2::int[]) AS u (id, generation)
        WHERE s.id = u.id`,
      [used.map(({ id }) => id), used.map(({ generation }) => generation), now],
    )
  }

  private async revokeReplayed(
    queries: Queries,
    results: readonly RefreshResult[],
    now: Date,
  ): Promise<void> {
    const replayed = results
      .filter(({ verdict }) => verdict.kind === 'replayed')
      .map(({ session }) => session.actor)
      // Events of full trails push older ones out: in one order, for the same reason as above.
      .sort((one, other) => one.accountId - other.accountId)
    if (replayed.length === 0) return
    await queries.rows('UPDATE sessions SET revoked_at = $2 WHERE id = ANY ($1::uuid[])', [
      replayed.map(({ sessionId }) => sessionId),
      now,
    ])
    for (const { accountId, client } of replayed) {
      await this.audit.record(accountId, 'refresh_token_replayed', { client }, queries)
    }
  }
}
