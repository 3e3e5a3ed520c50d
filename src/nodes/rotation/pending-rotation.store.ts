import { Injectable } from '@nestjs/common'
import { z } from 'zod'

import { DataKey } from '../../database/data-key.js'
import { Database, type Queries } from '../../database/database.js'
import { isUniqueViolation } from '../../database/postgres-errors.js'
import { nodeIdSchema } from '../../identity/node-id.js'
import { NodeStore } from '../node.store.js'
import { type Node, NODE_COLUMNS, nodeOf, type NodeRow } from '../node-row.js'
import type { NewKey } from './node-replacement.js'

const SEAL = 'node rotation'
/** Taken at a time, by each instance, each minute. */
const AT_ONCE = 100

const newKeySchema = z.object({
  pem: z.string(),
  publicKeyPem: z.string(),
  nodeId: nodeIdSchema,
  ids: z.object({ short: nodeIdSchema, long: nodeIdSchema }),
  spkiSha256: z.string(),
})

/** A new key whose time has come to take a node's place. */
export interface DueRotation {
  readonly node: Node
  /** Sealed. */
  readonly registration: Buffer
}

/** New keys that wait, because the old key has not signed them; sealed. */
@Injectable()
export class PendingRotationStore {
  constructor(
    private readonly database: Database,
    private readonly nodes: NodeStore,
    private readonly dataKey: DataKey,
  ) {}

  /**
   * Keeps the node's next key; one that waited before is forgotten, and the time begins anew.
   * Resolves with what became of it. Index: node_rotations_pkey.
   */
  async add(
    node: Node,
    newKey: NewKey,
    { now, effectiveAt }: { now: Date; effectiveAt: Date },
    tell: (queries: Queries) => Promise<void>,
  ): Promise<'waiting' | 'not_own' | 'taken'> {
    try {
      return await this.database.transaction(async (queries) => {
        if (!(await this.nodes.hold(node, queries))) return 'not_own'
        await queries.rows(
          `INSERT INTO node_rotations (node, new_node_hmac, registration, requested_at, effective_at)
           VALUES ($1, $2, $3, $4, $5)
               ON CONFLICT (node) DO UPDATE
                  SET new_node_hmac = EXCLUDED.new_node_hmac, registration = EXCLUDED.registration,
                      requested_at = EXCLUDED.requested_at, effective_at = EXCLUDED.effective_at`,
          [
            node.spkiSha256,
            this.dataKey.mac(SEAL, newKey.spkiSha256),
            this.dataKey.seal(SEAL, JSON.stringify(newKey)),
            now,
            effectiveAt,
          ],
        )
        await tell(queries)
        return 'waiting'
      })
    } catch (error) {
      // The same key waits to take another node's place.
      if (isUniqueViolation(error, 'node_rotations_new_node_hmac_key')) return 'taken'
      throw error
    }
  }

  /** The one that waits, if one does. Index: node_rotations_pkey. */
  async find({ spkiSha256 }: Node): Promise<{ registration: Buffer; effectiveAt: Date } | null> {
    const [row] = await this.database.rows<{ registration: Buffer; effective_at: Date }>(
      'SELECT registration, effective_at FROM node_rotations WHERE node = $1',
      [spkiSha256],
    )
    return row ? { registration: row.registration, effectiveAt: row.effective_at } : null
  }

  /** False if none waited. Index: node_rotations_pkey. */
  async remove({ spkiSha256 }: Node, queries: Queries = this.database): Promise<boolean> {
    const rows = await queries.rows('DELETE FROM node_rotations WHERE node = $1 RETURNING node', [
      spkiSha256,
    ])
    return rows.length > 0
  }

  /** The same, of one whose time has come and has not begun anew since. Index: node_rotations_pkey. */
  async removeDue({ spkiSha256 }: Node, now: Date, queries: Queries): Promise<boolean> {
    const rows = await queries.rows(
      'DELETE FROM node_rotations WHERE node = $1 AND effective_at <= $2 RETURNING node',
      [spkiSha256, now],
    )
    return rows.length > 0
  }

  /** Those whose time has come. Indexes: node_rotations_effective_at_idx, nodes_pkey. */
  async due(now: Date): Promise<DueRotation[]> {
    const rows = await this.database.rows<NodeRow & { registration: Buffer }>(
      `SELECT registration, ${NODE_COLUMNS}
         FROM node_rotations JOIN nodes ON spki_sha256 = node
        WHERE effective_at <= $1 ORDER BY effective_at LIMIT ${AT_ONCE}`,
      [now],
    )
    return rows.map((row) => ({ node: nodeOf(row), registration: row.registration }))
  }

  /** The key that waits. */
  open({ registration }: Pick<DueRotation, 'registration'>): NewKey {
    const opened: unknown = JSON.parse(this.dataKey.open(SEAL, registration))
    return newKeySchema.parse(opened)
  }
}
