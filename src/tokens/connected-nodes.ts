import { Injectable } from '@nestjs/common'

import { Database } from '../database/database.js'
import type { ActorNode } from '../identity/actor.js'
import { nodeOf, type NodeRow } from './session-row.js'

/** Whether connected nodes are still what they were when they connected. */
@Injectable()
export class ConnectedNodes {
  constructor(private readonly database: Database) {}

  /** As they are now: those that were registered under another form of their id, or proven, since. Index: nodes_pkey. */
  async changedAmong(connected: readonly ActorNode[]): Promise<ActorNode[]> {
    const rows = await this.database.rows<NodeRow & { spki_sha256: string }>(
      `SELECT n.spki_sha256, n.node_id, n.node_id_16, n.node_id_32, n.proven_at IS NOT NULL AS is_proven
         FROM unnest($1::text[], $2::text[], $3::boolean[]) AS asked (spki, node_id, is_proven)
         JOIN nodes n ON n.spki_sha256 = asked.spki
        WHERE n.node_id <> asked.node_id OR (n.proven_at IS NOT NULL) <> asked.is_proven`,
      [
        connected.map(({ spkiSha256 }) => spkiSha256),
        connected.map(({ nodeId }) => nodeId),
        connected.map(({ isProven }) => String(isProven)),
      ],
    )
    return rows.map((row) => nodeOf(row, row.spki_sha256))
  }
}
