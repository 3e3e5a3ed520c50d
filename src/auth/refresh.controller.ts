import { Body, Controller, HttpCode, Post, Req } from '@nestjs/common'
import type { FastifyRequest } from 'fastify'

import { ClientAddresses, countedAddress } from '../limits/client-address.js'
import { Limits } from '../limits/limits.js'
import { Unlimited } from '../limits/rate-limit.guard.js'
import { Public } from '../tokens/decorators.js'
import { RefreshService } from '../tokens/refresh.service.js'
import { InvalidRefreshTokenError } from '../tokens/tokens.errors.js'
import { type Refresh, refreshBody, type TokensAnswer } from './auth.schema.js'

/** New tokens for a session. A valid token is never limited: that would end the client (CONTRACT §4.1). */
@Public()
@Controller('refresh')
export class RefreshController {
  constructor(
    private readonly refreshes: RefreshService,
    private readonly limits: Limits,
    private readonly addresses: ClientAddresses,
  ) {}

  @Post()
  @HttpCode(200)
  @Unlimited()
  async refresh(
    @Body({ schema: refreshBody }) { refreshToken }: Refresh,
    @Req() request: FastifyRequest,
  ): Promise<TokensAnswer> {
    try {
      const pair = await this.refreshes.refresh(refreshToken)
      return {
        access_token: pair.accessToken,
        token_type: 'bearer',
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
}
