import { randomBytes } from 'node:crypto'

import { Injectable } from '@nestjs/common'
import { z } from 'zod'

import { PROVIDER_NAMES } from '../../accounts/person.js'
import { Clock } from '../../common/clock.js'
import { DataKey } from '../../database/data-key.js'
import { Database, type Queries } from '../../database/database.js'
import type { Arrival } from '../login.service.js'
import { authorizationRequest, type AuthorizationRequest } from './authorization-request.js'

/** How long a client has to come for its tokens (CONTRACT §1). */
export const CODE_SECONDS = 60

const CODE_BYTES = 32
const CODE = /^[A-Za-z0-9_-]{43}$/
const HASH = 'authorization code'

const payloadSchema = authorizationRequest
  .omit({ clientState: true })
  .extend({ provider: z.enum(PROVIDER_NAMES) })

/** A login whose client has yet to come for its tokens. */
export type Authorization = z.output<typeof payloadSchema> & { readonly accountId: number }

/** Authorization codes, each good once, for a minute, whichever instance asks. */
@Injectable()
export class AuthorizationCodeStore {
  constructor(
    private readonly database: Database,
    private readonly dataKey: DataKey,
    private readonly clock: Clock,
  ) {}

  /** Keyed: what a code's row, and later the session made from it, are found by; null if it is no code. */
  hashOf(code: string): Buffer | null {
    return CODE.test(code) ? this.dataKey.mac(HASH, code) : null
  }

  /** Resolves with the code. @throws QueryFailedError  the account is gone */
  async add(
    { client, redirectUri, codeChallenge, dpopJkt }: AuthorizationRequest,
    { accountId, provider }: Arrival,
  ): Promise<string> {
    const code = randomBytes(CODE_BYTES).toString('base64url')
    const payload: z.output<typeof payloadSchema> = {
      client,
      redirectUri,
      codeChallenge,
      dpopJkt,
      provider,
    }
    await this.database.rows(
      'INSERT INTO authorization_codes (hash, account_id, payload, expires_at) VALUES ($1, $2, $3, $4)',
      [
        this.hashOf(code),
        accountId,
        JSON.stringify(payload),
        new Date(this.clock.now() + CODE_SECONDS * 1_000),
      ],
    )
    return code
  }

  /**
   * Uses the code up. Two that come at once take turns: the second finds none. Null also for a code
   * that is too old.
   *
   * The account's row is held first, as a deletion holds it before it comes to the codes: neither waits
   * for the other in turn. Index: authorization_codes_pkey, accounts_pkey.
   */
  async take(hash: Buffer, queries: Queries): Promise<Authorization | null> {
    await queries.rows(
      `SELECT FROM accounts
        WHERE id = (SELECT account_id FROM authorization_codes WHERE hash = $1) FOR KEY SHARE`,
      [hash],
    )
    const [row] = await queries.rows<{ account_id: number; payload: unknown; expires_at: Date }>(
      'DELETE FROM authorization_codes WHERE hash = $1 RETURNING account_id, payload, expires_at',
      [hash],
    )
    if (!row || row.expires_at.getTime() <= this.clock.now()) return null
    return { ...payloadSchema.parse(row.payload), accountId: row.account_id }
  }
}
