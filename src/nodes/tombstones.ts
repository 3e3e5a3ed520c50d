import { Injectable } from '@nestjs/common'

import { AccountStore, type Identity } from '../accounts/account.store.js'
import { DataKey } from '../database/data-key.js'
import type { Queries } from '../database/database.js'

/** A node that was given up is kept for its former owner this long (CONTRACT §2). */
const KEPT_MS = 30 * 86_400_000

/** What keeps a node for one identity of its former owner. */
export interface Tombstone {
  readonly node_hmac: Buffer
  readonly identity_hmac: Buffer
  readonly until: Date
}

/**
 * The former owners of nodes that were given up, as keyed hashes, for 30 days. Every method runs in
 * the caller's transaction. Index of all: node_tombstones_pkey.
 */
@Injectable()
export class Tombstones {
  constructor(
    private readonly accounts: AccountStore,
    private readonly dataKey: DataKey,
  ) {}

  /** One for each node and each identity of the account: whoever comes back by one of them may register it. */
  async bury(
    accountId: number,
    spkiSha256s: readonly string[],
    queries: Queries,
    now: Date,
  ): Promise<void> {
    const owners = await this.ownerHmacs(accountId, queries)
    const until = new Date(now.getTime() + KEPT_MS)
    for (const spkiSha256 of spkiSha256s) {
      for (const owner of owners) {
        await queries.rows(
          `INSERT INTO node_tombstones (node_hmac, identity_hmac, until) VALUES ($1, $2, $3)
               ON CONFLICT (node_hmac, identity_hmac) DO UPDATE SET until = EXCLUDED.until`,
          [this.nodeHmac(spkiSha256), owner, until],
        )
      }
    }
  }

  /**
   * Takes the node's tombstones away. False if one of them still keeps it, and for somebody else
   * than the account.
   */
  async lift(accountId: number, spkiSha256: string, queries: Queries, now: Date): Promise<boolean> {
    const lifted = await queries.rows<{ identity_hmac: Buffer; until: Date }>(
      'DELETE FROM node_tombstones WHERE node_hmac = $1 RETURNING identity_hmac, until',
      [this.nodeHmac(spkiSha256)],
    )
    const keeping = lifted.filter(({ until }) => until > now)
    if (keeping.length === 0) return true
    const owners = await this.ownerHmacs(accountId, queries)
    return keeping.some(({ identity_hmac: former }) => owners.some((owner) => owner.equals(former)))
  }

  /** Those that keep nodes for the account. Index: node_tombstones_until_idx, over all that still count. */
  async keptFor(accountId: number, queries: Queries, now: Date): Promise<Tombstone[]> {
    const owners = await this.ownerHmacs(accountId, queries)
    const kept: Tombstone[] = []
    for (const owner of owners) {
      const rows = await queries.rows<Tombstone>(
        `SELECT node_hmac, identity_hmac, until FROM node_tombstones
          WHERE until > $1 AND identity_hmac = $2`,
        [now, owner],
      )
      kept.push(...rows)
    }
    return kept
  }

  private async ownerHmacs(accountId: number, queries: Queries): Promise<Buffer[]> {
    const identities = await this.accounts.identitiesOf(accountId, queries)
    return identities.map((identity) => this.identityHmac(identity))
  }

  private nodeHmac(spkiSha256: string): Buffer {
    return this.dataKey.mac('node tombstone', spkiSha256)
  }

  private identityHmac({ provider, subject }: Identity): Buffer {
    return this.dataKey.mac('identity tombstone', `${provider} ${subject}`)
  }
}
