import { Injectable } from '@nestjs/common'
import { z } from 'zod'

import { DataKey } from '../../database/data-key.js'
import { Database, type Queries } from '../../database/database.js'
import { nodeIdSchema, type NodeId, type NodeIds } from '../../identity/node-id.js'

const SEAL = 'node succession'
const ID = 'node successor'

/** What is kept of a node whose key was replaced, for those who know its old id. */
const successionSchema = z.object({
  old: z.object({
    nodeId: nodeIdSchema,
    spkiSha256: z.string(),
    certificatePem: z.string(),
    isProven: z.boolean(),
  }),
  successor: z.object({ nodeId: nodeIdSchema, spkiSha256: z.string() }),
  /** What the old key signed, and its signature; null where the account alone has vouched. */
  continuity: z.object({ statement: z.string(), signature: z.string() }).nullable(),
})

export type Succession = z.output<typeof successionSchema>

/**
 * Which node took the place of which. The old ids are keyed hashes and the rest is sealed: no row joins
 * two nodes for whoever reads the database.
 */
@Injectable()
export class SuccessorStore {
  constructor(
    private readonly database: Database,
    private readonly dataKey: DataKey,
  ) {}

  /**
   * By either form of the old id. Index: node_successors_pkey or node_successors_id_32_hmac_key.
   */
  async find(nodeId: NodeId): Promise<Succession | null> {
    const [row] = await this.database.rows<{ statement: Buffer }>(
      'SELECT statement FROM node_successors WHERE id_16_hmac = $1 OR id_32_hmac = $1',
      [this.hmacOf(nodeId)],
    )
    if (!row) return null
    const opened: unknown = JSON.parse(this.dataKey.open(SEAL, row.statement))
    return successionSchema.parse(opened)
  }

  /**
   * Keeps a succession as long as the new node is registered. Those that led to the old node live on
   * with the new one; a new node that was somebody's old one has come back. Indexes:
   * node_successors_node_idx, node_successors_pkey.
   */
  async add(
    succession: Succession,
    { oldIds, newIds }: { oldIds: NodeIds; newIds: NodeIds },
    queries: Queries,
    now: Date,
  ): Promise<void> {
    const { old, successor } = succession
    await queries.rows('UPDATE node_successors SET node = $2 WHERE node = $1', [
      old.spkiSha256,
      successor.spkiSha256,
    ])
    await queries.rows('DELETE FROM node_successors WHERE id_16_hmac = $1', [
      this.hmacOf(newIds.short),
    ])
    await queries.rows(
      `INSERT INTO node_successors (id_16_hmac, id_32_hmac, node, statement, rotated_at)
       VALUES ($1, $2, $3, $4, date_trunc('hour', $5::timestamptz))
           ON CONFLICT (id_16_hmac) DO UPDATE
              SET id_32_hmac = EXCLUDED.id_32_hmac, node = EXCLUDED.node,
                  statement = EXCLUDED.statement, rotated_at = EXCLUDED.rotated_at`,
      [
        this.hmacOf(oldIds.short),
        this.hmacOf(oldIds.long),
        successor.spkiSha256,
        this.dataKey.seal(SEAL, JSON.stringify(succession)),
        now,
      ],
    )
  }

  private hmacOf(nodeId: NodeId): Buffer {
    return this.dataKey.mac(ID, nodeId)
  }
}
