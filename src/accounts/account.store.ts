import { randomBytes } from 'node:crypto'

import { Injectable } from '@nestjs/common'

import { HubConfig } from '../config/hub-config.js'
import { DataKey } from '../database/data-key.js'
import { Database, type Queries } from '../database/database.js'
import { isForeignKeyViolation, isUniqueViolation } from '../database/postgres-errors.js'
import { canonicalEmail, type Person, type ProviderName } from './person.js'

const EMAIL = 'email'
/** Lost races follow each other only while an account is being deleted and entered again. */
const MAX_ATTEMPTS = 5

export interface Account {
  readonly id: number
  readonly email: string | null
  readonly createdAt: Date
}

/** Who the account is at a provider. */
export interface Identity {
  readonly provider: ProviderName
  readonly subject: string
}

/**
 * People, by (provider, subject). The e-mail is an attribute, sealed at rest; only its keyed hash is
 * ever compared.
 */
@Injectable()
export class AccountStore {
  constructor(
    private readonly database: Database,
    private readonly dataKey: DataKey,
    private readonly config: HubConfig,
  ) {}

  /**
   * The account of a person who has just logged in; a new one at their first login, or that of
   * another provider's identity when CONTRACT §4.9 lets them join it. Two first logins at once
   * resolve with the same account.
   */
  async enter(person: Person, now: Date): Promise<number> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.database.transaction((queries) => this.enterOnce(queries, person, now))
      } catch (error) {
        if (attempt === MAX_ATTEMPTS || !isLostRace(error)) throw error
      }
    }
  }

  /** Index: accounts_pkey. */
  async find(accountId: number): Promise<Account | null> {
    const [row] = await this.database.rows<AccountRow>(
      'SELECT email_cipher, created_at FROM accounts WHERE id = $1',
      [accountId],
    )
    if (!row) return null
    const email = row.email_cipher && this.dataKey.open(EMAIL, row.email_cipher)
    return { id: accountId, email, createdAt: row.created_at }
  }

  /** Everybody the account is, at the providers. Index: identities_account_id_provider_key. */
  identitiesOf(accountId: number, queries: Queries = this.database): Promise<Identity[]> {
    return queries.rows<Identity>(
      'SELECT provider, subject FROM identities WHERE account_id = $1 ORDER BY provider',
      [accountId],
    )
  }

  private async enterOnce(queries: Queries, person: Person, now: Date): Promise<number> {
    const emailHmac = this.dataKey.mac(EMAIL, canonicalEmail(person.email))
    let accountId = await accountOf(queries, person)
    if (accountId === null) {
      // From here on all first logins with this address take turns.
      await queries.rows('SELECT pg_advisory_xact_lock($1::bigint)', [lockKeyOf(emailHmac)])
      accountId = await accountOf(queries, person)
    }
    if (accountId !== null) {
      await this.updateEmail(queries, accountId, person, emailHmac)
      return this.renewIdentity(queries, person, emailHmac, now)
    }
    accountId =
      (await this.accountToJoin(queries, person, emailHmac)) ??
      (await this.create(queries, person, emailHmac, now))
    await queries.rows(
      `INSERT INTO identities (provider, subject, account_id, email_hmac, email_verified, linkable, last_login_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [
        person.provider,
        person.subject,
        accountId,
        emailHmac,
        person.emailVerified,
        person.linkable,
        now,
      ],
    )
    return accountId
  }

  /**
   * The one account that another provider's identity vouches for this address on. Several mean that
   * the address has changed hands: then none. None either if the account has an identity of this
   * provider already. Index: identities_email_hmac_idx.
   */
  private async accountToJoin(
    queries: Queries,
    person: Person,
    emailHmac: Buffer,
  ): Promise<number | null> {
    if (this.config.login.linking === 'never' || !person.linkable) return null
    const found = await queries.rows<{ account_id: number; is_taken: boolean }>(
      `SELECT DISTINCT i.account_id,
              EXISTS (SELECT FROM identities own
                       WHERE own.account_id = i.account_id AND own.provider = $2) AS is_taken
         FROM identities i
        WHERE i.email_hmac = $1 AND i.linkable AND i.provider <> $2
        LIMIT 2`,
      [emailHmac, person.provider],
    )
    const [only, another] = found
    return only && !another && !only.is_taken ? only.account_id : null
  }

  private async create(
    queries: Queries,
    person: Person,
    emailHmac: Buffer,
    now: Date,
  ): Promise<number> {
    const accountId = randomAccountId()
    await queries.rows(
      'INSERT INTO accounts (id, email_cipher, email_hmac, created_at) VALUES ($1, $2, $3, $4)',
      [accountId, this.dataKey.seal(EMAIL, person.email), emailHmac, now],
    )
    return accountId
  }

  private async updateEmail(
    queries: Queries,
    accountId: number,
    person: Person,
    emailHmac: Buffer,
  ): Promise<void> {
    await queries.rows(
      `UPDATE accounts SET email_cipher = $2, email_hmac = $3
        WHERE id = $1 AND email_hmac IS DISTINCT FROM $3`,
      [accountId, this.dataKey.seal(EMAIL, person.email), emailHmac],
    )
  }

  private async renewIdentity(
    queries: Queries,
    person: Person,
    emailHmac: Buffer,
    now: Date,
  ): Promise<number> {
    const [row] = await queries.rows<{ account_id: number }>(
      `UPDATE identities SET email_hmac = $3, email_verified = $4, linkable = $5, last_login_at = $6
        WHERE provider = $1 AND subject = $2 RETURNING account_id`,
      [person.provider, person.subject, emailHmac, person.emailVerified, person.linkable, now],
    )
    if (!row) throw new AccountDeletedMeanwhile()
    return row.account_id
  }
}

interface AccountRow {
  readonly email_cipher: Buffer | null
  readonly created_at: Date
}

/** The person's account was deleted while they logged in: they get a new one. */
class AccountDeletedMeanwhile extends Error {}

/** Index: identities_pkey. */
async function accountOf(queries: Queries, { provider, subject }: Person): Promise<number | null> {
  const [row] = await queries.rows<{ account_id: number }>(
    'SELECT account_id FROM identities WHERE provider = $1 AND subject = $2',
    [provider, subject],
  )
  return row?.account_id ?? null
}

/** Random, so that it tells nothing and no deleted account's id comes back (CONTRACT §4.6). */
function randomAccountId(): number {
  const id = Number(randomBytes(8).readBigUInt64BE() >> 11n)
  return id === 0 ? randomAccountId() : id
}

function lockKeyOf(emailHmac: Buffer): string {
  return emailHmac.readBigInt64BE().toString()
}

/** What a second try answers: somebody else was first, or the account has just gone. */
function isLostRace(error: unknown): boolean {
  return (
    error instanceof AccountDeletedMeanwhile ||
    isUniqueViolation(error, 'identities_pkey') ||
    isUniqueViolation(error, 'identities_account_id_provider_key') ||
    isUniqueViolation(error, 'accounts_pkey') ||
    isForeignKeyViolation(error, 'identities_account_id_fkey')
  )
}
