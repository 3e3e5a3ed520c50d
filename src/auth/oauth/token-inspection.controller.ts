import { Body, Controller, HttpCode, Post } from '@nestjs/common'

import { HubError } from '../../common/hub-error.js'
import { parsed } from '../../common/validation.js'
import { HubConfig } from '../../config/hub-config.js'
import type { Actor } from '../../identity/actor.js'
import { AccountSessions } from '../../tokens/account-sessions.js'
import { type AccessToken, AUDIENCE } from '../../tokens/access-token.js'
import { CurrentActor } from '../../tokens/decorators.js'
import { RefreshService } from '../../tokens/refresh.service.js'
import { TokenVerifier } from '../../tokens/token-verifier.js'
import type { IntrospectionAnswer, RevocationAnswer } from './inspection.schema.js'
import { tokenParameter } from './token.schema.js'

/** A token that is good, and whose it is. */
interface Found {
  readonly actor: Actor
  /** Null for a refresh token. */
  readonly accessToken: AccessToken | null
}

/**
 * What a token is good for, and the end of it. Only for tokens of the caller's own account: of others
 * nothing is told and nothing done.
 */
@Controller('oauth')
export class TokenInspectionController {
  constructor(
    private readonly verifier: TokenVerifier,
    private readonly refreshes: RefreshService,
    private readonly sessions: AccountSessions,
    private readonly config: HubConfig,
  ) {}

  /** RFC 7662. */
  @Post('introspect')
  @HttpCode(200)
  async introspect(
    @CurrentActor() caller: Actor,
    @Body() body: unknown,
  ): Promise<IntrospectionAnswer> {
    const found = await this.find(caller, body)
    if (!found) return { active: false }
    const { actor, accessToken } = found
    const expiresAt = Math.floor(actor.sessionExpiresAt / 1_000)
    return {
      active: true,
      client_id: actor.client,
      token_type: actor.dpopJkt === null ? 'Bearer' : 'DPoP',
      token_use: accessToken ? 'access' : 'refresh',
      iss: this.config.http.publicUrl,
      sub: String(actor.accountId),
      sid: actor.sessionId,
      exp: accessToken ? Math.min(accessToken.expiresAt, expiresAt) : expiresAt,
      ...(accessToken ? { iat: accessToken.issuedAt, jti: accessToken.jti, aud: AUDIENCE } : {}),
      ...(actor.node ? { node_id: actor.node.nodeId } : {}),
      ...(actor.dpopJkt === null ? {} : { cnf: { jkt: actor.dpopJkt } }),
    }
  }

  /** RFC 7009: either token ends the whole session. A token that is good for nothing is 200 as well. */
  @Post('revoke')
  @HttpCode(200)
  async revoke(@CurrentActor() caller: Actor, @Body() body: unknown): Promise<RevocationAnswer> {
    const found = await this.find(caller, body)
    if (found) await this.sessions.end(caller.accountId, found.actor.sessionId)
    return {}
  }

  private async find({ accountId }: Actor, body: unknown): Promise<Found | null> {
    const { token } = parsed(tokenParameter, body)
    const found = token.includes('.')
      ? await this.findAccessToken(token)
      : await this.findRefreshToken(token)
    return found?.actor.accountId === accountId ? found : null
  }

  private async findAccessToken(text: string): Promise<Found | null> {
    try {
      const { actor, token } = await this.verifier.look(text)
      return { actor, accessToken: token }
    } catch (error) {
      if (error instanceof HubError && error.status === 401) return null
      throw error
    }
  }

  private async findRefreshToken(text: string): Promise<Found | null> {
    const session = await this.refreshes.look(text)
    return session && { actor: session.actor, accessToken: null }
  }
}
