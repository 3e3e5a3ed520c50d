import { Injectable } from '@nestjs/common'

import { AccountStore, type Identity } from '../accounts/account.store.js'
import { DataKey } from '../database/data-key.js'
import { Database, type Queries } from '../database/database.js'
import { isForeignKeyViolation, isUniqueViolation } from '../database/postgres-errors.js'
import type { NodeCertificate } from '../identity/certificate.js'

/** A node that was given up is kept for its former owner this long (CONTRACT §2). */
const TOMBSTONE_MS = 30 * 86_400_000

/**
 * What became of a registration: the account owns the node now, or why it does not.
 * `account_gone`: it was deleted while it registered.
 */
export type Registration =
  | { readonly kind: 'registered'; readonly isProven: boolean }
  | { readonly kind: 'taken' | 'collision' | 'reserved' | 'account_gone' }

/** Nodes and their owners, and for 30 days the former owners of those given up. */
@Injectable()
export class NodeStore {
  constructor(
    private readonly database: Database,
    private readonly accounts: AccountStore,
    private readonly dataKey: DataKey,
  ) {}

  /**
   * Registers a node to an account, unproven, or renews its certificate and the id it goes by. Of
   * two accounts that race for a node one gets it.
   */
  async register(
    accountId: number,
    certificate: NodeCertificate,
    now: Date,
  ): Promise<Registration> {
    try {
      return await this.database.transaction((queries) =>
        this.registerOnce(queries, accountId, certificate, now),
      )
    } catch (error) {
      if (error instanceof ReservedMeanwhile) return { kind: 'reserved' }
      if (isForeignKeyViolation(error, 'nodes_account_id_fkey')) return { kind: 'account_gone' }
      const isOtherKey =
        isUniqueViolation(error, 'nodes_node_id_16_key') ||
        isUniqueViolation(error, 'nodes_node_id_32_key')
      if (isOtherKey) return { kind: 'collision' }
      throw error
    }
  }

  /**
   * Leaves tombstones for all nodes of an account that is about to be deleted, one for each of its
   * identities: whoever comes back by one of them may register the nodes again. The caller holds the
   * lock on the account's row, so no node is added meanwhile.
   */
  async bury(accountId: number, queries: Queries, now: Date): Promise<void> {
    // Index: nodes_account_id_idx.
    const nodes = await queries.rows<{ spki_sha256: string }>(
      'SELECT spki_sha256 FROM nodes WHERE account_id = $1',
      [accountId],
    )
    const owners = await this.ownerHmacs(accountId, queries)
    const until = new Date(now.getTime() + TOMBSTONE_MS)
    for (const { spki_sha256: spkiSha256 } of nodes) {
      for (const owner of owners) {
        // Index: node_tombstones_pkey.
        await queries.rows(
          `INSERT INTO node_tombstones (node_hmac, identity_hmac, until) VALUES ($1, $2, $3)
               ON CONFLICT (node_hmac, identity_hmac) DO UPDATE SET until = EXCLUDED.until`,
          [this.nodeHmac(spkiSha256), owner, until],
        )
      }
    }
    // Index: node_tombstones_until_idx.
    await queries.rows('DELETE FROM node_tombstones WHERE until <= $1', [now])
  }

  private async registerOnce(
    queries: Queries,
    accountId: number,
    certificate: NodeCertificate,
    now: Date,
  ): Promise<Registration> {
    // Registrations of one id take turns: ON CONFLICT looks at the key only, and two inserts at once
    // could meet, or wait for each other, at the indexes of the ids.
    await queries.rows('SELECT pg_advisory_xact_lock($1::bigint)', [lockKeyOf(certificate)])
    // Index: nodes_pkey; the unique ids catch another key of the same id.
    const [row] = await queries.rows<{ is_new: boolean; is_proven: boolean }>(
      `INSERT INTO nodes AS n
              (spki_sha256, account_id, node_id, node_id_16, node_id_32, public_key, certificate, registered_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
           ON CONFLICT (spki_sha256) DO UPDATE
              SET node_id = EXCLUDED.node_id, certificate = EXCLUDED.certificate,
                  registered_at = EXCLUDED.registered_at
            WHERE n.account_id = EXCLUDED.account_id
        RETURNING xmax = 0 AS is_new, n.proven_at IS NOT NULL AS is_proven`,
      [
        certificate.spkiSha256,
        accountId,
        certificate.nodeId,
        certificate.ids.short,
        certificate.ids.long,
        certificate.publicKeyPem,
        certificate.pem,
        now,
      ],
    )
    if (!row) return { kind: 'taken' }
    if (row.is_new) await this.liftTombstones(queries, accountId, certificate.spkiSha256, now)
    return { kind: 'registered', isProven: row.is_proven }
  }

  /**
   * NOTE: after the insert, which waits for a deletion of the same node to commit: only then are its
   * tombstones seen. Index: node_tombstones_pkey.
   *
   * @throws ReservedMeanwhile  which undoes the insert
   */
  private async liftTombstones(
    queries: Queries,
    accountId: number,
    spkiSha256: string,
    now: Date,
  ): Promise<void> {
    const lifted = await queries.rows<{ identity_hmac: Buffer }>(
      `WITH lifted AS (DELETE FROM node_tombstones WHERE node_hmac = $1 RETURNING identity_hmac, until)
       SELECT identity_hmac FROM lifted WHERE until > $2`,
      [this.nodeHmac(spkiSha256), now],
    )
    if (lifted.length === 0) return
    const owners = await this.ownerHmacs(accountId, queries)
    const isFormerOwner = lifted.some(({ identity_hmac: former }) =>
      owners.some((owner) => owner.equals(former)),
    )
    if (!isFormerOwner) throw new ReservedMeanwhile()
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

/** The 64 bits that the short id spells. */
function lockKeyOf({ ids }: NodeCertificate): string {
  return BigInt.asIntN(64, BigInt(`0x${ids.short.slice(-16)}`)).toString()
}

/** Rolls back the registration of a node that is kept for somebody else. */
class ReservedMeanwhile extends Error {}
