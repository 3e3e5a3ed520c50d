import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common'
import { Reflector } from '@nestjs/core'
import type { FastifyRequest } from 'fastify'

import { Clock } from '../common/clock.js'
import { HubConfig } from '../config/hub-config.js'
import type { Actor } from '../identity/actor.js'
import { ClientAddresses, countedAddress } from '../limits/client-address.js'
import { Limits } from '../limits/limits.js'
import { countAs } from '../limits/rate-limit.guard.js'
import { HubError } from '../common/hub-error.js'
import { type Credentials, credentialsOf } from './credentials.js'
import { PUBLIC, setActor } from './decorators.js'
import { hasFreshLogin } from './fresh-login.js'
import { TokenVerifier } from './token-verifier.js'

/** Deny by default: a route without `@Public()` needs a Bearer token (RFC 6750 §2.1). */
@Injectable()
export class TokenGuard implements CanActivate {
  constructor(
    private readonly verifier: TokenVerifier,
    private readonly limits: Limits,
    private readonly addresses: ClientAddresses,
    private readonly reflector: Reflector,
    private readonly config: HubConfig,
    private readonly clock: Clock,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const places = [context.getHandler(), context.getClass()]
    if (this.reflector.getAllAndOverride<boolean | undefined>(PUBLIC, places)) return true
    const request: FastifyRequest = context.switchToHttp().getRequest()
    try {
      const actor = await this.verifier.verify(this.credentialsOf(request))
      setActor(request, actor)
      countAs(request, this.callerOf(actor))
      return true
    } catch (error) {
      if (error instanceof HubError && error.status === 401) {
        await this.limits.take(
          'failed_authentication',
          countedAddress(this.addresses.of(request.raw)),
        )
      }
      throw error
    }
  }

  /**
   * The account; and apart from it, its newest modern logins. Somebody with a stolen token may use the
   * account's requests up; its owner then logs in anew, and can still end what the thief holds.
   */
  private callerOf(actor: Actor): string {
    const isNew = actor.client !== 'classic' && hasFreshLogin(actor, this.clock.now())
    return `account ${actor.accountId}${isNew ? ' newly logged in' : ''}`
  }

  private credentialsOf({ headers, method, originalUrl }: FastifyRequest): Credentials {
    const [path = '/'] = originalUrl.split('?', 1)
    return credentialsOf(headers, method, this.config.http.publicUrl + path)
  }
}
