import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

import { Injectable } from '@nestjs/common'
import { z } from 'zod'

import { PROVIDER_NAMES } from '../../accounts/person.js'
import { Clock } from '../../common/clock.js'
import { DataKey } from '../../database/data-key.js'
import { Database } from '../../database/database.js'
import { LOGIN_SECONDS } from '../login-state.store.js'

const STATE_BYTES = 32
const HASH = 'device confirmation'

/** A person who has logged in for a device, and has yet to approve it. */
const confirmationSchema = z.object({
  /** The device code's hash, base64url. */
  device: z.string(),
  accountId: z.number(),
  provider: z.enum(PROVIDER_NAMES),
  /** SHA-256 of the browser's cookie, base64url. */
  browser: z.string(),
})

type Kept = z.output<typeof confirmationSchema>

export type Confirmation = Omit<Kept, 'browser'>

/**
 * What stands between a login for a device and its approval. The state is in the page alone, is good
 * in the browser that logged in, and is used once.
 *
 * They lie in `login_states`, under hashes of a key of their own: neither is ever taken for the other.
 */
@Injectable()
export class DeviceConfirmations {
  constructor(
    private readonly database: Database,
    private readonly dataKey: DataKey,
    private readonly clock: Clock,
  ) {}

  /** Resolves with the `state`. */
  async add(confirmation: Confirmation, browserSecret: string): Promise<string> {
    const state = randomBytes(STATE_BYTES).toString('base64url')
    const kept: Kept = { ...confirmation, browser: browserOf(browserSecret) }
    await this.database.rows(
      'INSERT INTO login_states (hash, payload, expires_at) VALUES ($1, $2, $3)',
      [
        this.dataKey.mac(HASH, state),
        JSON.stringify(kept),
        new Date(this.clock.now() + LOGIN_SECONDS * 1_000),
      ],
    )
    return state
  }

  /** Looks at it; null as `take` has it. Index: login_states_pkey. */
  async find(state: string, browserSecret: string | null): Promise<Confirmation | null> {
    const rows = await this.database.rows<Row>(
      'SELECT payload, expires_at FROM login_states WHERE hash = $1',
      [this.dataKey.mac(HASH, state)],
    )
    return this.read(rows, browserSecret)
  }

  /**
   * Uses it up; null if there is none, it is too old, or it belongs to another browser (which uses
   * it up too: it has leaked). Index: login_states_pkey.
   */
  async take(state: string, browserSecret: string | null): Promise<Confirmation | null> {
    const rows = await this.database.rows<Row>(
      'DELETE FROM login_states WHERE hash = $1 RETURNING payload, expires_at',
      [this.dataKey.mac(HASH, state)],
    )
    return this.read(rows, browserSecret)
  }

  private read([row]: readonly Row[], browserSecret: string | null): Confirmation | null {
    if (!row || row.expires_at.getTime() <= this.clock.now() || browserSecret === null) return null
    const { browser, ...confirmation } = confirmationSchema.parse(row.payload)
    const isSame = timingSafeEqual(Buffer.from(browser), Buffer.from(browserOf(browserSecret)))
    return isSame ? confirmation : null
  }
}

interface Row {
  readonly payload: unknown
  readonly expires_at: Date
}

function browserOf(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url')
}
