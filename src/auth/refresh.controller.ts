import { Body, Controller, HttpCode, Post, Req } from '@nestjs/common'
import type { FastifyRequest } from 'fastify'

import { HubConfig } from '../config/hub-config.js'
import { ClientAddresses, countedAddress } from '../limits/client-address.js'
import { Limits } from '../limits/limits.js'
import { Unlimited } from '../limits/rate-limit.guard.js'
import { Public } from '../tokens/decorators.js'
import { DpopProofs } from '../tokens/dpop.js'
import { RefreshService } from '../tokens/refresh.service.js'
import { InvalidRefreshTokenError } from '../tokens/tokens.errors.js'
import { signerOf } from './oauth/token-proof.js'
import { type Refresh, refreshBody, type TokensAnswer } from './auth.schema.js'

/** New tokens for a session. A valid token is never limited: that would end the client (CONTRACT §4.1). */
@Public()
@Controller('refresh')
export class RefreshController {
  constructor(
    private readonly refreshes: RefreshService,
    private readonly limits: Limits,
    private readonly addresses: ClientAddresses,
    private readonly proofs: DpopProofs,
    private readonly config: HubConfig,
  ) {}

  @Post()
  @HttpCode(200)
  @Unlimited()
  async refresh(
    @Body({ schema: refreshBody }) { refreshToken }: Refresh,
    @Req() request: FastifyRequest,
  ): Promise<TokensAnswer> {
    try {
      const jkt = await this.signerOf(request)
      const pair = await this.refreshes.refresh(refreshToken, { jkt })
      return {
        access_token: pair.accessToken,
        token_type: pair.isKeyBound ? 'DPoP' : 'bearer',
        refresh_token: pair.refreshToken,
      }
    } catch (error) {
      if (error instanceof InvalidRefreshTokenError) {
        const address = countedAddress(this.addresses.of(request.raw))
        await this.limits.take('failed_authentication', address)
      }
      throw error
    }
  }

  /** A session that is bound to a key refreshes here too, with a proof by that key (RFC 9449 §5). */
  private signerOf({ headers, originalUrl }: FastifyRequest): Promise<string | null> {
    const [path = ''] = originalUrl.split('?', 1)
    return signerOf(headers, this.config.http.publicUrl + path, this.proofs)
  }
}
