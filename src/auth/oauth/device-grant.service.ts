import { Injectable } from '@nestjs/common'

import { Clock } from '../../common/clock.js'
import { Database, type Queries } from '../../database/database.js'
import { RefreshService, type TokenPair } from '../../tokens/refresh.service.js'
import type { Comer } from './code-grant.service.js'
import { DeviceCodeStore } from './device-code.store.js'
import { judgePoll, type PollVerdict } from './device-poll.js'
import {
  AccessDeniedError,
  AuthorizationPendingError,
  ExpiredTokenError,
  SlowDownError,
} from './device.errors.js'
import type { DeviceBody } from './device.schema.js'
import { InvalidGrantError } from './oauth.errors.js'
import { UsedCodes } from './used-codes.js'

type Refusal = Exclude<PollVerdict, { kind: 'approved' }> | { readonly kind: 'unknown' }

/** The device code grant (RFC 8628 §3.4). */
@Injectable()
export class DeviceGrant {
  constructor(
    private readonly database: Database,
    private readonly codes: DeviceCodeStore,
    private readonly usedCodes: UsedCodes,
    private readonly refreshes: RefreshService,
    private readonly clock: Clock,
  ) {}

  /**
   * The tokens of an approved device, once. Whoever presents the code again ends the session that was
   * made of it, as two parties hold the code.
   *
   * @throws AuthorizationPendingError, SlowDownError  ask again, later
   * @throws AccessDeniedError, ExpiredTokenError, InvalidGrantError
   */
  async redeem(body: DeviceBody, comer: Comer): Promise<TokenPair> {
    const hash = this.codes.hashOf(body.device_code)
    if (!hash) throw refusalOf({ kind: 'unknown' })
    const outcome = await this.database.transaction((queries) =>
      this.redeemOnce(hash, body, comer, queries),
    )
    if ('accessToken' in outcome) return outcome
    if (outcome.kind === 'unknown') await this.usedCodes.endSessionOf(hash)
    throw refusalOf(outcome)
  }

  /** Polls of one code take turns; what one of them changed holds also when it is refused. */
  private async redeemOnce(
    hash: Buffer,
    body: DeviceBody,
    { place, jkt }: Comer,
    queries: Queries,
  ): Promise<TokenPair | Refusal> {
    const device = await this.codes.lock(hash, queries)
    if (!device) return { kind: 'unknown' }
    const verdict = judgePoll(device, { client: body.client_id, jkt, now: this.clock.now() })
    if (verdict.kind === 'pending' || verdict.kind === 'too_early') {
      await this.codes.polled(hash, verdict.intervalSeconds, queries)
    }
    if (verdict.kind !== 'approved') return verdict
    await this.codes.remove(hash, queries)
    const { accountId, provider } = verdict
    const { client } = device
    return this.refreshes.start(
      { accountId, provider, client, place, dpopJkt: jkt, origin: hash, isFresh: false },
      queries,
    )
  }
}

function refusalOf(refusal: Refusal): Error {
  switch (refusal.kind) {
    case 'pending':
      return new AuthorizationPendingError(refusal.intervalSeconds)
    case 'too_early':
      return new SlowDownError(refusal.intervalSeconds)
    case 'denied':
      return new AccessDeniedError()
    case 'expired':
      return new ExpiredTokenError()
    case 'unknown':
      return new InvalidGrantError('device_code: not known, or used already')
    case 'other_client':
      return new InvalidGrantError('device_code: issued to another client')
    case 'other_key':
      return new InvalidGrantError('device_code: bound to a key that has not signed this request')
  }
}
