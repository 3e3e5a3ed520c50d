import { randomBytes } from 'node:crypto'

import { Injectable } from '@nestjs/common'
import { z } from 'zod'

import { PROVIDER_NAMES, type ProviderName } from '../../accounts/person.js'
import { Clock } from '../../common/clock.js'
import { DataKey } from '../../database/data-key.js'
import { Database, type Queries } from '../../database/database.js'
import { isForeignKeyViolation } from '../../database/postgres-errors.js'
import { makeUserCode } from './device-user-code.js'

/** How long a device and its person have (RFC 8628 §5.4: long enough to log in, too short to mail around). */
export const DEVICE_CODE_SECONDS = 900
/** Seconds between two polls, unless the device was told to slow down. */
export const POLL_SECONDS = 5

const DEVICE_CODE_BYTES = 32
const DEVICE_CODE = /^[A-Za-z0-9_-]{43}$/
const HASH = 'device code'
const USER_CODE = 'user code'
const PLACE = 'device place'
/** One in 25,600,000,000 is taken by each code that is out. */
const MAX_ATTEMPTS = 5

const payloadSchema = z.object({
  client: z.literal('desktop'),
  /** RFC 7638 thumbprint of the key that asked, if one did. */
  dpopJkt: z.string().nullable(),
  /** Sealed, base64: shown again to whoever is to approve it. */
  userCode: z.string(),
})

/** A device that asks to be connected. */
export interface DeviceRequest {
  readonly dpopJkt: string | null
  /** The coarse network it asks from (`coarsePlace`). */
  readonly place: string | null
}

export interface IssuedCodes {
  readonly deviceCode: string
  /** Without its dash. */
  readonly userCode: string
}

/** A request that waits for its person. */
export interface PendingDevice {
  readonly hash: Buffer
  readonly client: 'desktop'
  readonly userCode: string
  readonly place: string | null
  readonly createdAt: Date
}

export type Decision =
  | { readonly kind: 'denied' }
  | { readonly kind: 'approved'; readonly accountId: number; readonly provider: ProviderName }

/** A request as the device that polls sees it. */
export interface DeviceState {
  readonly client: 'desktop'
  readonly dpopJkt: string | null
  readonly decision: Decision | null
  readonly intervalSeconds: number
  readonly polledAt: Date | null
  readonly expiresAt: Date
}

/** Devices that wait to be let in (RFC 8628). Neither of their codes can be read out of a row. */
@Injectable()
export class DeviceCodeStore {
  constructor(
    private readonly database: Database,
    private readonly dataKey: DataKey,
    private readonly clock: Clock,
  ) {}

  /** Keyed: what a device code's row and the session made from it are found by; null if it is none. */
  hashOf(deviceCode: string): Buffer | null {
    return DEVICE_CODE.test(deviceCode) ? this.dataKey.mac(HASH, deviceCode) : null
  }

  /** @param make another user code each time */
  async add(request: DeviceRequest, make = makeUserCode): Promise<IssuedCodes> {
    const deviceCode = randomBytes(DEVICE_CODE_BYTES).toString('base64url')
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      const codes = { deviceCode, userCode: make() }
      if (await this.insert(codes, request)) return codes
    }
    throw new Error(`${MAX_ATTEMPTS} user codes in a row were taken`)
  }

  /** The one that waits with this code. Index: device_codes_user_code_hmac_key. */
  findByUserCode(userCode: string): Promise<PendingDevice | null> {
    return this.findPending('user_code_hmac = $1', this.dataKey.mac(USER_CODE, userCode))
  }

  /** The one with this hash, if it still waits. Index: device_codes_pkey. */
  find(hash: Buffer): Promise<PendingDevice | null> {
    return this.findPending('hash = $1', hash)
  }

  /**
   * Decides once: false if that was done already, or it is too late, or the account is gone.
   * Index: device_codes_pkey.
   */
  async decide(hash: Buffer, decision: Decision): Promise<boolean> {
    const by = decision.kind === 'approved' ? decision : { accountId: null, provider: null }
    try {
      const decided = await this.database.rows(
        `UPDATE device_codes SET decision = $2, account_id = $3, provider = $4
          WHERE hash = $1 AND decision IS NULL AND expires_at > $5 RETURNING 1`,
        [hash, decision.kind, by.accountId, by.provider, this.clock.date()],
      )
      return decided.length > 0
    } catch (error) {
      if (isForeignKeyViolation(error, 'device_codes_account_id_fkey')) return false
      throw error
    }
  }

  /**
   * Whatever became of it, for this transaction alone: polls take turns. The account's row is held
   * first, as a deletion holds it before it comes to the codes. Index: device_codes_pkey, accounts_pkey.
   */
  async lock(hash: Buffer, queries: Queries): Promise<DeviceState | null> {
    await queries.rows(
      `SELECT FROM accounts
        WHERE id = (SELECT account_id FROM device_codes WHERE hash = $1) FOR KEY SHARE`,
      [hash],
    )
    const [row] = await queries.rows<StateRow>(
      `SELECT payload, account_id, provider, decision, interval_seconds, polled_at, expires_at
         FROM device_codes WHERE hash = $1 FOR UPDATE`,
      [hash],
    )
    return row ? stateOf(row) : null
  }

  /** Remembers a poll. Index: device_codes_pkey. */
  async polled(hash: Buffer, intervalSeconds: number, queries: Queries): Promise<void> {
    await queries.rows(
      'UPDATE device_codes SET polled_at = $2, interval_seconds = $3 WHERE hash = $1',
      [hash, this.clock.date(), intervalSeconds],
    )
  }

  /** Index: device_codes_pkey. */
  async remove(hash: Buffer, queries: Queries): Promise<void> {
    await queries.rows('DELETE FROM device_codes WHERE hash = $1', [hash])
  }

  /** False if the user code is taken. Expired rows stay for a while: see `Housekeeping`. */
  private async insert(
    { deviceCode, userCode }: IssuedCodes,
    { dpopJkt, place }: DeviceRequest,
  ): Promise<boolean> {
    const sealed = this.dataKey.seal(USER_CODE, userCode).toString('base64')
    const payload: z.output<typeof payloadSchema> = { client: 'desktop', dpopJkt, userCode: sealed }
    const now = this.clock.date()
    const inserted = await this.database.rows(
      `INSERT INTO device_codes (hash, user_code_hmac, payload, place, interval_seconds, created_at, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7)
       ON CONFLICT (user_code_hmac) DO NOTHING RETURNING 1`,
      [
        this.hashOf(deviceCode),
        this.dataKey.mac(USER_CODE, userCode),
        JSON.stringify(payload),
        place === null ? null : this.dataKey.seal(PLACE, place),
        POLL_SECONDS,
        now,
        new Date(now.getTime() + DEVICE_CODE_SECONDS * 1_000),
      ],
    )
    return inserted.length > 0
  }

  private async findPending(where: string, key: Buffer): Promise<PendingDevice | null> {
    const [row] = await this.database.rows<PendingRow>(
      `SELECT hash, payload, place, created_at
         FROM device_codes WHERE ${where} AND decision IS NULL AND expires_at > $2`,
      [key, this.clock.date()],
    )
    if (!row) return null
    const { client, userCode } = payloadSchema.parse(row.payload)
    return {
      hash: row.hash,
      client,
      userCode: this.dataKey.open(USER_CODE, Buffer.from(userCode, 'base64')),
      place: row.place && this.dataKey.open(PLACE, row.place),
      createdAt: row.created_at,
    }
  }
}

interface PendingRow {
  readonly hash: Buffer
  readonly payload: unknown
  readonly place: Buffer | null
  readonly created_at: Date
}

interface StateRow {
  readonly payload: unknown
  readonly account_id: number | null
  readonly provider: string | null
  readonly decision: 'approved' | 'denied' | null
  readonly interval_seconds: number
  readonly polled_at: Date | null
  readonly expires_at: Date
}

function stateOf(row: StateRow): DeviceState {
  const { client, dpopJkt } = payloadSchema.parse(row.payload)
  return {
    client,
    dpopJkt,
    decision: decisionOf(row),
    intervalSeconds: row.interval_seconds,
    polledAt: row.polled_at,
    expiresAt: row.expires_at,
  }
}

function decisionOf({ decision, account_id, provider }: StateRow): Decision | null {
  if (decision !== 'approved') return decision && { kind: decision }
  const name = PROVIDER_NAMES.find((each) => each === provider)
  if (account_id === null || !name) throw new Error('a device was approved by nobody')
  return { kind: 'approved', accountId: account_id, provider: name }
}
