import { Injectable } from '@nestjs/common'

import { Database, type Queries } from '../database/database.js'
import type { Actor } from '../identity/actor.js'
import type { NodeId } from '../identity/node-id.js'
import { type Node, NODE_COLUMNS, nodeOf, type NodeRow } from './node-row.js'
import { NodeNotFoundError } from './nodes.errors.js'
import { Tombstones } from './tombstones.js'

/** Nodes as they stand. Who owns one is decided elsewhere: `NodeOwnership`. */
@Injectable()
export class NodeStore {
  constructor(
    private readonly database: Database,
    private readonly tombstones: Tombstones,
  ) {}

  /** By either form of the id. Index: nodes_node_id_16_key or nodes_node_id_32_key. */
  async find(nodeId: NodeId): Promise<Node | null> {
    const [row] = await this.database.rows<NodeRow>(
      `SELECT ${NODE_COLUMNS} FROM nodes WHERE node_id_16 = $1 OR node_id_32 = $1`,
      [nodeId],
    )
    return row ? nodeOf(row) : null
  }

  /** The same, of the actor's own. @throws NodeNotFoundError  the account has no such node */
  async ownNode({ accountId }: Pick<Actor, 'accountId'>, nodeId: NodeId): Promise<Node> {
    const node = await this.find(nodeId)
    if (node?.accountId !== accountId) throw new NodeNotFoundError()
    return node
  }

  /** The last registered first. Index: nodes_account_id_idx. */
  async listOf(accountId: number): Promise<Node[]> {
    const rows = await this.database.rows<NodeRow>(
      `SELECT ${NODE_COLUMNS} FROM nodes WHERE account_id = $1 ORDER BY registered_at DESC, spki_sha256`,
      [accountId],
    )
    return rows.map(nodeOf)
  }

  /** @throws NodeNotFoundError  the account has no such node. Index: those of `find`. */
  async setLabel(
    { accountId }: Pick<Actor, 'accountId'>,
    nodeId: NodeId,
    label: string | null,
  ): Promise<Node> {
    const [row] = await this.database.rows<NodeRow>(
      `UPDATE nodes SET label = $3
        WHERE account_id = $2 AND (node_id_16 = $1 OR node_id_32 = $1)
        RETURNING ${NODE_COLUMNS}`,
      [nodeId, accountId, label],
    )
    if (!row) throw new NodeNotFoundError()
    return nodeOf(row)
  }

  /**
   * Keeps the node the account's, and proven, until the caller's transaction ends: whoever would take
   * it waits. False if it is not. Indexes: accounts_pkey, nodes_pkey; in the order of `NodeOwnership`.
   */
  async hold(
    { spkiSha256, accountId }: Pick<Node, 'spkiSha256' | 'accountId'>,
    queries: Queries,
  ): Promise<boolean> {
    await queries.rows('SELECT FROM accounts WHERE id = $1 FOR KEY SHARE', [accountId])
    const rows = await queries.rows(
      `SELECT FROM nodes WHERE spki_sha256 = $1 AND account_id = $2 AND proven_at IS NOT NULL
          FOR SHARE`,
      [spkiSha256, accountId],
    )
    return rows.length > 0
  }

  /**
   * Leaves tombstones for all nodes of an account that is about to be deleted. The caller holds the
   * lock on the account's row, so no node is added meanwhile.
   */
  async bury(accountId: number, queries: Queries, now: Date): Promise<void> {
    // Index: nodes_account_id_idx.
    const nodes = await queries.rows<{ spki_sha256: string }>(
      'SELECT spki_sha256 FROM nodes WHERE account_id = $1',
      [accountId],
    )
    const spkiSha256s = nodes.map(({ spki_sha256: spkiSha256 }) => spkiSha256)
    await this.tombstones.bury(accountId, spkiSha256s, queries, now)
  }
}
