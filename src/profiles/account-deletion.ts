import { randomUUID } from 'node:crypto'

import { Injectable } from '@nestjs/common'

import { Clock } from '../common/clock.js'
import { Logger } from '../common/logger.js'
import { Database, type Queries } from '../database/database.js'
import type { Actor } from '../identity/actor.js'
import { NodeStore } from '../nodes/node.store.js'
import { Tombstones } from '../nodes/tombstones.js'
import { requireFreshLogin } from '../tokens/fresh-login.js'
import { RevocationFeed } from '../tokens/revocation-feed.js'
import {
  ACCOUNT_TABLE_NAMES,
  ACCOUNT_TABLES,
  type AccountTable,
  WITHOUT_CASCADE,
} from './account-tables.js'
import { SkillDictionary } from './skill-dictionary.js'

/** What a person keeps of an account that is gone. The hub keeps no copy. */
export interface DeletionReceipt {
  readonly id: string
  readonly accountId: number
  readonly deletedAt: Date
  /** Rows, by table. */
  readonly erased: Readonly<Record<AccountTable, number>>
  /** Nodes that are kept for their former owner; null if there are none. */
  readonly kept: { readonly nodes: number; readonly until: Date } | null
}

/** Removes an account with everything it has here. */
@Injectable()
export class AccountDeletion {
  constructor(
    private readonly nodes: NodeStore,
    private readonly tombstones: Tombstones,
    private readonly dictionary: SkillDictionary,
    private readonly database: Database,
    private readonly feed: RevocationFeed,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /**
   * Deletes the caller's account. Repeating it is harmless: null if it was gone already.
   *
   * The account's row is locked first, then its nodes, then its sessions, as everybody locks them:
   * whoever adds to the account at the same time is either done and deleted with it, or finds it gone.
   * Sessions are locked in the order in which refreshes lock them.
   *
   * @throws FreshLoginRequiredError
   */
  async delete(actor: Actor): Promise<DeletionReceipt | null> {
    requireFreshLogin(actor, this.clock.now())
    const { accountId } = actor
    const receipt = await this.database.transaction((queries) => this.erase(queries, accountId))
    this.feed.announce({ kind: 'account', accountId })
    // The receipt's id alone: the operator can tell that it is this hub's, and no more.
    if (receipt) this.logger.info('an account was deleted', { receipt: receipt.id })
    return receipt
  }

  private async erase(queries: Queries, accountId: number): Promise<DeletionReceipt | null> {
    // Index: accounts_pkey.
    const [account] = await queries.rows('SELECT 1 FROM accounts WHERE id = $1 FOR UPDATE', [
      accountId,
    ])
    if (!account) return null
    // Index: nodes_account_id_idx. What is being added to a node is counted, or comes too late.
    await queries.rows('SELECT FROM nodes WHERE account_id = $1 ORDER BY spki_sha256 FOR UPDATE', [
      accountId,
    ])
    // Index: sessions_account_id_idx.
    await queries.rows('SELECT FROM sessions WHERE account_id = $1 ORDER BY id FOR UPDATE', [
      accountId,
    ])
    const erased = await countRows(queries, accountId)
    const deletedAt = this.clock.date()
    await this.nodes.bury(accountId, queries, deletedAt)
    const kept = await this.keptOf(queries, accountId, deletedAt)
    for (const table of WITHOUT_CASCADE) {
      await queries.rows(`DELETE FROM ${table} t WHERE ${ACCOUNT_TABLES[table]}`, [accountId])
    }
    // Index: profile_skills_pkey.
    const skills = await queries.rows<{ readonly skill: string }>(
      'SELECT skill FROM profile_skills WHERE account_id = $1',
      [accountId],
    )
    // Index: accounts_pkey; the cascade uses the index on the account or the node of each table.
    await queries.rows('DELETE FROM accounts WHERE id = $1', [accountId])
    await this.dictionary.forget(
      queries,
      skills.map(({ skill }) => skill),
    )
    return { id: randomUUID(), accountId, deletedAt, erased, kept }
  }

  /** With the nodes that were released within the last 30 days. */
  private async keptOf(
    queries: Queries,
    accountId: number,
    now: Date,
  ): Promise<DeletionReceipt['kept']> {
    const tombstones = await this.tombstones.keptFor(accountId, queries, now)
    if (tombstones.length === 0) return null
    const nodes = new Set(tombstones.map(({ node_hmac: node }) => node.toString('hex'))).size
    return { nodes, until: new Date(Math.max(...tombstones.map(({ until }) => until.getTime()))) }
  }
}

async function countRows(
  queries: Queries,
  accountId: number,
): Promise<Record<AccountTable, number>> {
  const counts = ACCOUNT_TABLE_NAMES.map(
    (table) => `(SELECT count(*)::int FROM ${table} t WHERE ${ACCOUNT_TABLES[table]}) AS ${table}`,
  )
  const [row] = await queries.rows<Record<AccountTable, number>>(`SELECT ${counts.join(', ')}`, [
    accountId,
  ])
  if (!row) throw new Error('a SELECT of counts has answered no row')
  return row
}
