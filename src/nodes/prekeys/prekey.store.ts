import { Injectable } from '@nestjs/common'

import { AuditLog } from '../../audit/audit-log.js'
import { Database, type Queries } from '../../database/database.js'
import type { NodeId } from '../../identity/node-id.js'
import {
  MAX_ONE_TIME_PREKEYS,
  type OneTimePrekey,
  type PublishPrekeys,
  type SignedPrekey,
} from './prekeys.schema.js'

/** The node that publishes, as its owner has it. */
export interface Publisher {
  readonly accountId: number
  readonly spkiSha256: string
  readonly nodeId: NodeId
}

/** What a node has published and nobody has claimed. */
export interface PrekeyCount {
  readonly oneTime: number
  readonly signedId: number | null
  readonly lastResortId: number | null
  /** Of the last publication. */
  readonly updatedAt: Date | null
}

/** What became of a publication. */
export type Publication =
  | { readonly kind: 'published'; readonly count: PrekeyCount }
  /** The account has lost the node meanwhile. */
  | { readonly kind: 'not_own' }
  | { readonly kind: 'reused'; readonly of: PrekeyKind; readonly keyId: number }
  | { readonly kind: 'full'; readonly unclaimed: number }

/** What X3DH calls a prekey bundle, without the node's own key. */
export interface PrekeyBundle {
  readonly signed: SignedPrekey
  readonly oneTime: OneTimePrekey | null
  readonly lastResort: SignedPrekey | null
}

export type PrekeyKind = 'signed' | 'one_time' | 'last_resort'

interface Sent extends OneTimePrekey {
  readonly kind: PrekeyKind
  readonly signature: Buffer | null
}

interface PrekeyRow {
  readonly kind: PrekeyKind
  readonly key_id: number
  readonly public_key: Buffer
  readonly signature: Buffer | null
}

interface KnownRow extends PrekeyRow {
  readonly is_claimed: boolean
}

interface CountRow {
  readonly one_time: number
  readonly signed_id: number | null
  readonly last_resort_id: number | null
  readonly updated_at: Date | null
}

/** Prekeys by node: one that is signed, one for the last resort at most, and the one-time keys. */
@Injectable()
export class PrekeyStore {
  constructor(
    private readonly database: Database,
    private readonly audit: AuditLog,
  ) {}

  /**
   * Replaces the signed prekey and the one for the last resort, and adds the one-time keys that are
   * new. All or nothing; publications of one node take turns, so two never mix. Repeating one
   * changes nothing: a one-time key that was claimed meanwhile does not come back.
   */
  publish(publisher: Publisher, prekeys: PublishPrekeys, now: Date): Promise<Publication> {
    const { spkiSha256 } = publisher
    const sent = sentOf(prekeys)
    return this.database.transaction(async (queries) => {
      if (!(await lockNode(queries, publisher))) return { kind: 'not_own' }
      const known = await knownOf(queries, spkiSha256, prekeys.oneTime)
      const reused = sent.find((each) => known.some((row) => isOtherKeyOfSameId(row, each)))
      if (reused) return { kind: 'reused', of: reused.kind, keyId: reused.keyId }
      const lasting = sent.filter(({ kind }) => kind !== 'one_time')
      const added = sent.filter(
        (each) => each.kind === 'one_time' && !known.some((row) => isSameId(row, each)),
      )
      const unclaimed = await countOneTime(queries, spkiSha256)
      if (unclaimed + added.length > MAX_ONE_TIME_PREKEYS) return { kind: 'full', unclaimed }

      if (hasReplaced(known, sent)) {
        const detail = { node_id: publisher.nodeId }
        await this.audit.record(publisher.accountId, 'prekeys_replaced', detail, queries)
      }
      await deleteLasting(queries, spkiSha256)
      await insert(queries, spkiSha256, [...lasting, ...added], now)
      return { kind: 'published', count: await countOf(queries, spkiSha256) }
    })
  }

  /**
   * Takes the bundle of a node, null if it has published none. Of a one-time key nobody else gets it:
   * one statement takes the lowest that no other claim holds just now, and leaves its id behind.
   *
   * Indexes: prekeys_unclaimed_idx, prekeys_pkey.
   *
   * @param mayTakeOneTime false: without a one-time key, though there may be some
   * @throws UnavailableError  Postgres is away: a one-time key may be used up, which nobody will get
   */
  async claim(
    spkiSha256: string,
    mayTakeOneTime: boolean,
    now: Date,
  ): Promise<PrekeyBundle | null> {
    const rows = await this.database.rows<PrekeyRow>(
      `WITH chosen AS MATERIALIZED (
         SELECT key_id, public_key FROM prekeys
          WHERE node = $1 AND kind = 'one_time' AND claimed_at IS NULL AND $2
          ORDER BY key_id LIMIT 1
            FOR UPDATE SKIP LOCKED
       ), claimed AS (
         UPDATE prekeys AS p
            SET public_key = '', claimed_at = date_trunc('hour', $3::timestamptz)
           FROM chosen AS c
          WHERE p.node = $1 AND p.kind = 'one_time' AND p.key_id = c.key_id
         RETURNING p.kind, c.key_id, c.public_key, p.signature
       )
       SELECT kind, key_id, public_key, signature FROM claimed
        UNION ALL
       SELECT kind, key_id, public_key, signature FROM prekeys
        WHERE node = $1 AND kind IN ('signed', 'last_resort')`,
      [spkiSha256, mayTakeOneTime, now],
    )
    const signed = signedIn(rows, 'signed')
    if (!signed) return null
    const oneTime = rows.find(({ kind }) => kind === 'one_time')
    return {
      signed,
      oneTime: oneTime ? prekeyOf(oneTime) : null,
      lastResort: oneTime ? null : signedIn(rows, 'last_resort'),
    }
  }

  /** Indexes: prekeys_unclaimed_idx, prekeys_pkey. */
  count(spkiSha256: string): Promise<PrekeyCount> {
    return countOf(this.database, spkiSha256)
  }

  /** One-time keys that nobody has claimed. Index: prekeys_unclaimed_idx. */
  countOneTime(spkiSha256: string): Promise<number> {
    return countOneTime(this.database, spkiSha256)
  }
}

/**
 * False if the account does not have the node. Locked in the order in which a deletion of the account
 * locks them; the account's row is for the audit trail. Indexes: accounts_pkey, nodes_pkey.
 */
async function lockNode(queries: Queries, { accountId, spkiSha256 }: Publisher): Promise<boolean> {
  await queries.rows('SELECT FROM accounts WHERE id = $1 FOR KEY SHARE', [accountId])
  const nodes = await queries.rows(
    'SELECT FROM nodes WHERE spki_sha256 = $1 AND account_id = $2 FOR NO KEY UPDATE',
    [spkiSha256, accountId],
  )
  return nodes.length === 1
}

/** What stands under the ids that were sent, and whatever is no one-time key. Index: prekeys_pkey. */
function knownOf(
  queries: Queries,
  spkiSha256: string,
  oneTime: readonly OneTimePrekey[],
): Promise<KnownRow[]> {
  return queries.rows<KnownRow>(
    `SELECT kind, key_id, public_key, signature, claimed_at IS NOT NULL AS is_claimed FROM prekeys
      WHERE node = $1 AND kind = 'one_time' AND key_id = ANY ($2::bigint[])
      UNION ALL
     SELECT kind, key_id, public_key, signature, false FROM prekeys
      WHERE node = $1 AND kind IN ('signed', 'last_resort')`,
    [spkiSha256, oneTime.map(({ keyId }) => keyId)],
  )
}

/** Index: prekeys_pkey. */
async function deleteLasting(queries: Queries, spkiSha256: string): Promise<void> {
  await queries.rows(`DELETE FROM prekeys WHERE node = $1 AND kind IN ('signed', 'last_resort')`, [
    spkiSha256,
  ])
}

async function insert(
  queries: Queries,
  spkiSha256: string,
  prekeys: readonly Sent[],
  now: Date,
): Promise<void> {
  await queries.rows(
    `INSERT INTO prekeys (node, created_at, kind, key_id, public_key, signature)
     SELECT $1, $2, sent.kind, sent.key_id, decode(sent.public_key, 'hex'),
            decode(nullif(sent.signature, ''), 'hex')
       FROM unnest($3::text[], $4::bigint[], $5::text[], $6::text[])
            AS sent (kind, key_id, public_key, signature)`,
    [
      spkiSha256,
      now,
      prekeys.map(({ kind }) => kind),
      prekeys.map(({ keyId }) => keyId),
      prekeys.map(({ publicKey }) => Buffer.from(publicKey, 'base64url').toString('hex')),
      prekeys.map(({ signature }) => signature?.toString('hex') ?? ''),
    ],
  )
}

async function countOf(queries: Queries, spkiSha256: string): Promise<PrekeyCount> {
  const lasting = await queries.rows<CountRow>(
    `SELECT (SELECT count(*) FROM prekeys
              WHERE node = $1 AND kind = 'one_time' AND claimed_at IS NULL) AS one_time,
            max(key_id) FILTER (WHERE kind = 'signed') AS signed_id,
            max(key_id) FILTER (WHERE kind = 'last_resort') AS last_resort_id,
            max(created_at) AS updated_at
       FROM prekeys
      WHERE node = $1 AND kind IN ('signed', 'last_resort')`,
    [spkiSha256],
  )
  const [row] = lasting
  if (!row) throw new Error('an aggregate has answered no row')
  return {
    oneTime: row.one_time,
    signedId: row.signed_id,
    lastResortId: row.last_resort_id,
    updatedAt: row.updated_at,
  }
}

async function countOneTime(queries: Queries, spkiSha256: string): Promise<number> {
  const [row] = await queries.rows<{ count: number }>(
    `SELECT count(*) FROM prekeys WHERE node = $1 AND kind = 'one_time' AND claimed_at IS NULL`,
    [spkiSha256],
  )
  return row?.count ?? 0
}

function sentOf({ signed, lastResort, oneTime }: PublishPrekeys): Sent[] {
  return [
    { kind: 'signed', ...signed },
    ...(lastResort ? [{ kind: 'last_resort', ...lastResort } as const] : []),
    ...oneTime.map((each) => ({ kind: 'one_time', signature: null, ...each }) as const),
  ]
}

function isSameId(row: KnownRow, sent: Sent): boolean {
  return row.kind === sent.kind && row.key_id === sent.keyId
}

/** Of a claimed key the id alone is left: whether it is the same nobody can tell any more. */
function isOtherKeyOfSameId(row: KnownRow, sent: Sent): boolean {
  return isSameId(row, sent) && !row.is_claimed && prekeyOf(row).publicKey !== sent.publicKey
}

/** Something gives way: not so when a node publishes for the first time, or only adds. */
function hasReplaced(known: readonly KnownRow[], sent: readonly Sent[]): boolean {
  return known.some((row) => row.kind !== 'one_time' && !sent.some((each) => isSameId(row, each)))
}

function signedIn(rows: readonly PrekeyRow[], kind: PrekeyKind): SignedPrekey | null {
  const row = rows.find((each) => each.kind === kind)
  if (!row?.signature) return null
  return { ...prekeyOf(row), signature: row.signature }
}

function prekeyOf(row: PrekeyRow): OneTimePrekey {
  return { keyId: row.key_id, publicKey: row.public_key.toString('base64url') }
}
