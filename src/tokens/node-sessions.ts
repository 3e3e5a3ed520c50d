import { Injectable } from '@nestjs/common'

import type { Queries } from '../database/database.js'

/** Which sessions speak for which node. Every method runs in the caller's transaction. */
@Injectable()
export class NodeSessions {
  /**
   * Locks the sessions that speak for the nodes, and one more, in the order in which refreshes lock
   * them. Whoever changes several of them locks them here first. Index: sessions_node_idx, sessions_pkey.
   */
  async lock(
    spkiSha256s: readonly string[],
    sessionId: string | null,
    queries: Queries,
  ): Promise<void> {
    await queries.rows(
      'SELECT FROM sessions WHERE node = ANY ($1::text[]) OR id = $2 ORDER BY id FOR UPDATE',
      [spkiSha256s, sessionId],
    )
  }

  /** Binds the session to the node it registered. False: the session has ended. Index: sessions_pkey. */
  async bind(sessionId: string, spkiSha256: string, queries: Queries): Promise<boolean> {
    const rows = await queries.rows(
      'UPDATE sessions SET node = $2 WHERE id = $1 AND revoked_at IS NULL RETURNING id',
      [sessionId, spkiSha256],
    )
    return rows.length > 0
  }

  /**
   * Ends the sessions that speak for a node which is given up; of them `keep` stays, unless it began
   * by the node's key alone. Resolves with their ids. Index: sessions_node_idx.
   */
  async end(spkiSha256: string, keep: string, now: Date, queries: Queries): Promise<string[]> {
    const rows = await queries.rows<{ id: string }>(
      `UPDATE sessions SET revoked_at = $3
        WHERE node = $1 AND revoked_at IS NULL AND (id <> $2 OR client = 'node')
        RETURNING id`,
      [spkiSha256, keep, now],
    )
    return rows.map(({ id }) => id)
  }

  /**
   * Another key has taken the node's place. Its sessions speak for the new node, but those that the
   * old key stands behind, by DPoP or because it logged in, end; of them `keep` stays, without a node if
   * it is bound to the old key. Resolves with the ids of the ended. Index: sessions_node_idx.
   */
  async move(
    { from, to, keep }: { from: string; to: string; keep: string | null },
    now: Date,
    queries: Queries,
  ): Promise<string[]> {
    const rows = await queries.rows<{ id: string; has_ended: boolean }>(
      `UPDATE sessions s
          SET node = CASE WHEN s.dpop_jkt IS NULL AND NOT old.has_ended THEN $2 END,
              revoked_at = CASE WHEN old.has_ended THEN coalesce(s.revoked_at, $4) ELSE s.revoked_at END
         FROM (SELECT id, id IS DISTINCT FROM $3::uuid AND (client = 'node' OR dpop_jkt IS NOT NULL)
                          AS has_ended
                 FROM sessions WHERE node = $1) old
        WHERE s.id = old.id
        RETURNING s.id, old.has_ended`,
      [from, to, keep, now],
    )
    return rows.flatMap(({ id, has_ended: hasEnded }) => (hasEnded ? [id] : []))
  }

  /**
   * The node is no longer theirs: its sessions speak for no node any more, and those that began by
   * its key's signature alone end. Resolves with the ids of the ended. Index: sessions_node_idx.
   */
  async unbind(spkiSha256: string, now: Date, queries: Queries): Promise<string[]> {
    const rows = await queries.rows<{ id: string; has_ended: boolean }>(
      `UPDATE sessions
          SET node = NULL,
              revoked_at = CASE WHEN client = 'node' THEN coalesce(revoked_at, $2) ELSE revoked_at END
        WHERE node = $1
        RETURNING id, client = 'node' AS has_ended`,
      [spkiSha256, now],
    )
    return rows.flatMap(({ id, has_ended: hasEnded }) => (hasEnded ? [id] : []))
  }
}
