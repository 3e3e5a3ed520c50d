import { Injectable } from '@nestjs/common'
import { InjectThrottlerStorage, type ThrottlerStorage } from '@nestjs/throttler'

import { RateLimitedError } from '../common/hub-error.js'
import { HubConfig } from '../config/hub-config.js'

/** Every limit per minute that the hub keeps. A name is also the counter's name in its store. */
export type LimitName =
  | 'default'
  | 'probe'
  | 'search'
  | 'suggestion'
  | 'login'
  | 'callback'
  | 'register'
  | 'profile'
  | 'logout'
  | 'delete'
  | 'export'
  | 'failed_authentication'
  | 'upgrade'
  | 'failed_upgrade'
  | 'replacement'
  | 'token'
  | 'device_code'
  | 'device_poll'
  | 'page'
  | 'typed_user_code'
  | 'node_login'
  | 'prekey_claim'
  | 'prekey_target'
  | 'prekey_target_hour'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/** Counts requests in a sliding minute, in @nestjs/throttler's storage. */
@Injectable()
export class Limits {
  constructor(
    private readonly config: HubConfig,
    @InjectThrottlerStorage() private readonly storage: ThrottlerStorage,
  ) {}

  /**
   * Takes one from `who`'s minute.
   *
   * @param who an account, an address or a node; never two of them together
   * @throws RateLimitedError  nothing is left
   */
  async take(name: LimitName, who: string): Promise<void> {
    if (!this.config.limits.enabled) return
    const { isBlocked, timeToBlockExpire } = await this.storage.increment(
      `${name}:${who}`,
      name === 'prekey_target_hour' ? HOUR_MS : MINUTE_MS,
      this.perMinute(name),
      0,
      name,
    )
    if (isBlocked) throw new RateLimitedError(Math.max(1, timeToBlockExpire))
  }

  /** Requests a minute (CONTRACT §1); of `prekey_target_hour` an hour. */
  perMinute(name: LimitName): number {
    const { limits } = this.config
    switch (name) {
      case 'default':
        return limits.perMinute
      case 'prekey_target_hour':
        return 60
      case 'search':
        return limits.search
      case 'login':
        return limits.login
      case 'register':
        return limits.register
      case 'profile':
        return limits.profile
      case 'upgrade':
      case 'failed_upgrade':
        return limits.upgrade
      case 'failed_authentication':
        return limits.perMinute
      case 'replacement':
        return 6
      case 'callback':
      // One-time keys that one node gives away; beyond it the last-resort key answers.
      case 'prekey_target':
        return 20
      // One for each letter that somebody types.
      case 'suggestion':
        return 300
      // Fifty devices that poll as they are told.
      case 'device_poll':
        return 600
      case 'token':
      case 'prekey_claim':
      case 'page':
        return 30
      case 'device_code':
      case 'typed_user_code':
      case 'node_login':
        return 10
      // Two probes a second, and some to spare.
      case 'probe':
        return 300
      case 'logout':
      case 'delete':
      case 'export':
        return 5
    }
  }
}
