import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

import { Injectable } from '@nestjs/common'
import { z } from 'zod'

import { PROVIDER_NAMES } from '../accounts/person.js'
import { Clock } from '../common/clock.js'
import { DataKey } from '../database/data-key.js'
import { Database } from '../database/database.js'
import { authorizationRequest } from './oauth/authorization-request.js'

/** Time a person has at the provider's page. */
export const LOGIN_SECONDS = 600

const STATE_BYTES = 32
const HASH = 'login state'
/** Of a login through a newer door with an `m` before it: known as such even when nothing can be read. */
const STATE = /^m?[A-Za-z0-9_-]{43}$/

const trip = {
  provider: z.enum(PROVIDER_NAMES),
  /** SHA-256 of the browser's cookie, base64url. */
  browser: z.string(),
  /** PKCE towards the provider (RFC 7636). */
  verifier: z.string(),
}

/** Where a login was begun, and so how it ends. */
const doors = {
  classic: z.object({ door: z.literal('classic') }),
  oauth: z.object({ door: z.literal('oauth'), request: authorizationRequest }),
  /** The hash of the device code that it is for, base64url. */
  device: z.object({ door: z.literal('device'), deviceHash: z.string() }),
}

/** A login under way, as it lies in `login_states`. */
const loginSchema = z.discriminatedUnion('door', [
  doors.classic.extend(trip),
  doors.oauth.extend(trip),
  doors.device.extend(trip),
])

export type Login = z.output<typeof loginSchema>

export type Door =
  z.output<typeof doors.classic> | z.output<typeof doors.oauth> | z.output<typeof doors.device>

/** Whether a `state` belongs to a classic login; the classic client waits at an address of its own. */
export function isClassicState(state: string): boolean {
  return !/^m.{43}$/.test(state)
}

/** Logins between their two requests. Each is found once, whichever instance asks. */
@Injectable()
export class LoginStateStore {
  constructor(
    private readonly database: Database,
    private readonly dataKey: DataKey,
    private readonly clock: Clock,
  ) {}

  /** Keeps a login of the browser that holds `browserSecret`; resolves with its `state`. */
  async add(
    door: Door,
    { provider, verifier }: Pick<Login, 'provider' | 'verifier'>,
    browserSecret: string,
  ): Promise<string> {
    const random = randomBytes(STATE_BYTES).toString('base64url')
    const state = door.door === 'classic' ? random : `m${random}`
    const kept: Login = {
      ...door,
      provider,
      verifier,
      browser: sha256(browserSecret).toString('base64url'),
    }
    const now = this.clock.now()
    // Index: login_states_expires_at_idx.
    await this.database.rows(
      `WITH swept AS (DELETE FROM login_states WHERE expires_at <= $4)
       INSERT INTO login_states (hash, payload, expires_at) VALUES ($1, $2, $3)`,
      [
        this.dataKey.mac(HASH, state),
        JSON.stringify(kept),
        new Date(now + LOGIN_SECONDS * 1_000),
        new Date(now),
      ],
    )
    return state
  }

  /**
   * Uses the login up and resolves with it; null if there is none, it is too old, or it belongs to
   * another browser (which uses it up too: its `state` has leaked). Index: login_states_pkey.
   */
  async take(state: string, browserSecret: string | null): Promise<Login | null> {
    if (!STATE.test(state)) return null
    const [row] = await this.database.rows<{ payload: unknown; expires_at: Date }>(
      'DELETE FROM login_states WHERE hash = $1 RETURNING payload, expires_at',
      [this.dataKey.mac(HASH, state)],
    )
    if (!row || row.expires_at.getTime() <= this.clock.now() || browserSecret === null) return null
    const login = loginSchema.parse(row.payload)
    return isOf(login, browserSecret) ? login : null
  }
}

function isOf(login: Login, browserSecret: string): boolean {
  const kept = Buffer.from(login.browser, 'base64url')
  const shown = sha256(browserSecret)
  return kept.length === shown.length && timingSafeEqual(kept, shown)
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
