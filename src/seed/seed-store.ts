import type { HubConfig } from '../config/hub-config.js'
import type { DataKey } from '../database/data-key.js'
import type { Database, Queries } from '../database/database.js'
import type { NodeId } from '../identity/node-id.js'
import type { SeedProfile } from './person.js'

const PROVIDER = 'github'

export interface SeedNode {
  readonly spkiSha256: string
  readonly shortId: NodeId
  readonly longId: NodeId
  readonly publicKeyPem: string
  readonly certificatePem: string
}

export interface SeedAccount {
  readonly id: number
  readonly sessionId: string
  readonly email: string
  readonly createdAt: Date
  readonly node: SeedNode | null
  readonly profile: SeedProfile | null
}

/** Writes seeded accounts with all that belongs to them, a few statements for many rows. */
export class SeedStore {
  constructor(
    private readonly database: Database,
    private readonly dataKey: DataKey,
    private readonly config: HubConfig,
  ) {}

  /** In one transaction. */
  insert(accounts: readonly SeedAccount[], now: Date): Promise<void> {
    return this.database.transaction(async (queries) => {
      await this.insertAccounts(queries, accounts)
      await insertNodes(queries, accounts)
      await this.insertSessions(queries, accounts, now)
      await insertProfiles(queries, accounts)
    })
  }

  private async insertAccounts(queries: Queries, accounts: readonly SeedAccount[]): Promise<void> {
    const ids = accounts.map(({ id }) => id)
    const hmacs = accounts.map(({ email }) => hexOf(this.dataKey.mac('email', email)))
    const createdAt = accounts.map((account) => account.createdAt.toISOString())
    await queries.rows(
      `INSERT INTO accounts (id, email_cipher, email_hmac, created_at)
       SELECT id, decode(cipher, 'hex'), decode(hmac, 'hex'), created_at
         FROM unnest($1::bigint[], $2::text[], $3::text[], $4::timestamptz[])
           AS seed (id, cipher, hmac, created_at)`,
      [
        ids,
        accounts.map(({ email }) => hexOf(this.dataKey.seal('email', email))),
        hmacs,
        createdAt,
      ],
    )
    await queries.rows(
      `INSERT INTO identities
              (provider, subject, account_id, email_hmac, email_verified, linkable, last_login_at)
       SELECT $1, 'seed-' || id, id, decode(hmac, 'hex'), true, false, created_at
         FROM unnest($2::bigint[], $3::text[], $4::timestamptz[]) AS seed (id, hmac, created_at)`,
      [PROVIDER, ids, hmacs, createdAt],
    )
  }

  private async insertSessions(
    queries: Queries,
    accounts: readonly SeedAccount[],
    now: Date,
  ): Promise<void> {
    const expiresAt = new Date(now.getTime() + this.config.tokens.refreshTokenSeconds * 1_000)
    await queries.rows(
      `INSERT INTO sessions
              (id, account_id, provider, client, node, created_at, last_used_at, expires_at)
       SELECT id, account_id, $1, 'classic', nullif(node, ''), $2, date_trunc('hour', $2::timestamptz), $3
         FROM unnest($4::uuid[], $5::bigint[], $6::text[]) AS seed (id, account_id, node)`,
      [
        PROVIDER,
        now,
        expiresAt,
        accounts.map(({ sessionId }) => sessionId),
        accounts.map(({ id }) => id),
        // An empty string stands for no node: the driver's arrays of text hold no null by type.
        accounts.map(({ node }) => node?.spkiSha256 ?? ''),
      ],
    )
  }
}

async function insertNodes(queries: Queries, accounts: readonly SeedAccount[]): Promise<void> {
  const rows = accounts.flatMap(({ id, createdAt, node }) =>
    node ? [{ id, createdAt, node }] : [],
  )
  await queries.rows(
    `INSERT INTO nodes (account_id, spki_sha256, node_id, node_id_16, node_id_32,
                        public_key, certificate, registered_at)
     SELECT account_id, spki_sha256, long_id, short_id, long_id, public_key, certificate, registered_at
       FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[])
         AS seed (account_id, spki_sha256, short_id, long_id, public_key, certificate, registered_at)`,
    [
      rows.map(({ id }) => id),
      rows.map(({ node }) => node.spkiSha256),
      rows.map(({ node }) => node.shortId),
      rows.map(({ node }) => node.longId),
      rows.map(({ node }) => node.publicKeyPem),
      rows.map(({ node }) => node.certificatePem),
      rows.map(({ createdAt }) => createdAt.toISOString()),
    ],
  )
}

async function insertProfiles(queries: Queries, accounts: readonly SeedAccount[]): Promise<void> {
  const rows = accounts.flatMap(({ id, createdAt, profile }) =>
    profile ? [{ id, createdAt, profile }] : [],
  )
  await queries.rows(
    `INSERT INTO profiles (account_id, name, description, compute, p2p_uri_hint, updated_at)
     SELECT account_id, name, description, compute::jsonb, NULL, updated_at
       FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::timestamptz[])
         AS seed (account_id, name, description, compute, updated_at)`,
    [
      rows.map(({ id }) => id),
      rows.map(({ profile }) => profile.name),
      rows.map(({ profile }) => profile.description),
      rows.map(({ profile }) => JSON.stringify(profile.compute)),
      rows.map(({ createdAt }) => createdAt.toISOString()),
    ],
  )
  const skills = rows.flatMap(({ id, profile }) =>
    profile.skills.map((each, position) => ({ id, position: position + 1, ...each })),
  )
  await queries.rows(
    `INSERT INTO profile_skills (account_id, skill, spelling, level, position)
     SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::smallint[], $5::smallint[])`,
    [
      skills.map(({ id }) => id),
      skills.map(({ skill }) => skill),
      skills.map(({ spelling }) => spelling),
      skills.map(({ level }) => level),
      skills.map(({ position }) => position),
    ],
  )
}

function hexOf(bytes: Buffer): string {
  return bytes.toString('hex')
}
