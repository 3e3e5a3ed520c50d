import { Injectable } from '@nestjs/common'

import { AuditLog } from '../../audit/audit-log.js'
import type { Queries } from '../../database/database.js'
import { NodeSessions } from '../../tokens/node-sessions.js'
import { type Claim, NodeOwnership, type NotOwned, type Owned } from '../node-ownership.js'
import type { Node } from '../node-row.js'
import { lockNodes } from '../ownership-locks.js'
import { Tombstones } from '../tombstones.js'
import type { Continuity } from '../proof-reader.js'
import { SuccessorStore } from './successor.store.js'

/** What a node is registered with, without what is only needed to check it. */
export type NewKey = Claim['certificate']

export interface Replacement {
  readonly old: Node
  readonly newKey: NewKey
  /** The old key's word for the new one; null: the account's, after its time. */
  readonly continuity: Continuity | null
  /** Who asked; null when time did. */
  readonly sessionId: string | null
}

/** The new node stands in the old one's place. */
export interface Replaced extends Owned {
  /** Sessions of the old key that are over. */
  readonly endedByRotation: readonly string[]
}

/** Puts a new key in the place of a node's old one. */
@Injectable()
export class NodeReplacement {
  constructor(
    private readonly ownership: NodeOwnership,
    private readonly successors: SuccessorStore,
    private readonly tombstones: Tombstones,
    private readonly sessions: NodeSessions,
    private readonly audit: AuditLog,
  ) {}

  /**
   * In one transaction: the new node is the account's, with the old one's label and sessions; whoever
   * asks for the old one is told of it; the old one is given up, as if released. `not_own`: the old
   * one is no longer the account's, or `isStillWanted` says no.
   */
  replace(
    replacement: Replacement,
    isStillWanted: (queries: Queries) => Promise<boolean>,
    now: Date,
  ): Promise<Replaced | NotOwned | { readonly kind: 'not_own' }> {
    const { old, newKey, continuity } = replacement
    const { accountId } = old
    return this.ownership.decide(async (queries) => {
      const both = [old, newKey].map(({ spkiSha256, ids }) => ({ spkiSha256, shortId: ids.short }))
      const holders = await lockNodes(accountId, both, queries)
      if (!holders) return { kind: 'session_ended' }
      const holder = holders.get(old.spkiSha256)
      if (holder?.accountId !== accountId || !(await isStillWanted(queries))) {
        return { kind: 'not_own' }
      }
      await this.sessions.lock([old.spkiSha256, newKey.spkiSha256], null, queries)
      const claim: Claim = {
        accountId,
        sessionId: null,
        certificate: newKey,
        isProven: true,
        // The old key hands on what it had; without its word the person has logged in for this.
        isVouched: continuity === null || holder.isVouched,
        isTransfer: false,
        label: holder.label,
      }
      const present = holders.get(newKey.spkiSha256) ?? null
      const taken = await this.ownership.take(claim, present, queries, now)
      if (taken.kind !== 'owned') return taken
      const endedByRotation = await this.retire(replacement, queries, now)
      return { ...taken, endedByRotation }
    })
  }

  private async retire(
    { old, newKey, continuity, sessionId }: Replacement,
    queries: Queries,
    now: Date,
  ): Promise<string[]> {
    const { accountId, nodeId, spkiSha256, certificatePem } = old
    const change = { from: spkiSha256, to: newKey.spkiSha256, keep: sessionId }
    const ended = await this.sessions.move(change, now, queries)
    const succession = {
      // Its key has signed: for the account, or now for the new one.
      old: { nodeId, spkiSha256, certificatePem, isProven: true },
      successor: { nodeId: newKey.nodeId, spkiSha256: newKey.spkiSha256 },
      continuity,
    }
    await this.successors.add(succession, { oldIds: old.ids, newIds: newKey.ids }, queries, now)
    await this.tombstones.bury(accountId, [spkiSha256], queries, now)
    // Index: nodes_pkey; the cascade uses the index on the node of each table.
    await queries.rows('DELETE FROM nodes WHERE spki_sha256 = $1', [spkiSha256])
    await this.audit.record(accountId, 'node_rotated', { node_id: nodeId }, queries)
    return ended
  }
}
