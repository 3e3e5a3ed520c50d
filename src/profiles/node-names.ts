import { Injectable } from '@nestjs/common'

import { Database } from '../database/database.js'
import { nodeIdSchema } from '../identity/node-id.js'
import { Presence } from '../presence/presence.js'
import { type NamedNode, namedNodeOf, type NamedNodeRow, type Profile } from './profile.store.js'

/** Nodes of one account that are looked at, the last registered first. */
const MAX_NODES = 20

interface OwnedNodeRow extends NamedNodeRow {
  readonly account_id: number
  readonly node_id_16: string
}

/** By which node an account is named, and whether that one can be reached now. */
export interface ShownNode extends NamedNode {
  /** Others may know that it is. */
  readonly isOnline: boolean
}

/** An account to be named to others. */
export interface Nameless {
  readonly profile: Pick<Profile, 'accountId' | 'presence'>
  /** The node it registered last. */
  readonly lastNode: NamedNode
}

/**
 * By which of its nodes an account is named to others (CONTRACT §1): the most recently connected live one,
 * else the last registered. One that is connected to this instance comes first; of several at others the last
 * registered counts, as nobody knows which came first. Whoever hides is named as if they were away.
 */
@Injectable()
export class NodeNames {
  constructor(
    private readonly database: Database,
    private readonly presence: Presence,
  ) {}

  /** By account. */
  async name(accounts: readonly Nameless[]): Promise<ReadonlyMap<number, ShownNode>> {
    const names = new Map<number, ShownNode>()
    const unseen: number[] = []
    for (const { profile, lastNode } of accounts) {
      const { accountId, presence } = profile
      const here = this.presence.latestNodeOf(accountId)
      names.set(accountId, { ...(here ?? lastNode), isOnline: here !== null })
      if (!here && presence === 'everyone') unseen.push(accountId)
    }
    if (this.presence.isAllHere || unseen.length === 0) return names
    for (const [accountId, node] of await this.elsewhere(unseen)) {
      names.set(accountId, { ...node, isOnline: true })
    }
    return names
  }

  /** Index: nodes_account_id_idx. */
  private async elsewhere(accountIds: readonly number[]): Promise<Map<number, NamedNode>> {
    const rows = await this.database.rows<OwnedNodeRow>(
      `SELECT n.account_id, n.node_id, n.node_id_16, n.spki_sha256,
              n.proven_at IS NOT NULL AS is_proven
         FROM unnest($1::bigint[]) AS asked (account_id)
        CROSS JOIN LATERAL (SELECT * FROM nodes
                             WHERE nodes.account_id = asked.account_id
                             ORDER BY registered_at DESC LIMIT ${MAX_NODES}) n
        ORDER BY n.registered_at`,
      [accountIds],
    )
    const online = await this.presence.onlineAmong(
      rows.map((row) => ({
        accountId: row.account_id,
        shortId: nodeIdSchema.parse(row.node_id_16),
        spkiSha256: row.spki_sha256,
      })),
    )
    // Of several the last one stays.
    return new Map(
      rows
        .filter((row) => online.has(row.spki_sha256))
        .map((row) => [row.account_id, namedNodeOf(row)]),
    )
  }
}
