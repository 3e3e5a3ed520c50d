import { Body, Controller, Header, HttpCode, Post, Req } from '@nestjs/common'
import type { FastifyRequest } from 'fastify'
import type { z } from 'zod'

import { HubError } from '../../common/hub-error.js'
import { parsed } from '../../common/validation.js'
import { HubConfig } from '../../config/hub-config.js'
import { ClientAddresses, coarsePlace, countedAddress } from '../../limits/client-address.js'
import { Limits } from '../../limits/limits.js'
import { Unlimited } from '../../limits/rate-limit.guard.js'
import { Public } from '../../tokens/decorators.js'
import { DpopProofs } from '../../tokens/dpop.js'
import {
  DpopRequiredError,
  InvalidDpopProofError,
  UseDpopNonceError,
} from '../../tokens/dpop.errors.js'
import { RefreshService, type TokenPair } from '../../tokens/refresh.service.js'
import { type TokenAnswer, tokenAnswerOf } from '../../tokens/token-answer.js'
import { InvalidRefreshTokenError } from '../../tokens/tokens.errors.js'
import { CodeGrant, type Comer } from './code-grant.service.js'
import { DeviceGrant } from './device-grant.service.js'
import { deviceBody } from './device.schema.js'
import { InvalidGrantError, UnsupportedGrantTypeError } from './oauth.errors.js'
import { refuseSecrets } from './public-client.js'
import {
  CODE_GRANT,
  codeBody,
  DEVICE_GRANT,
  GRANTS,
  REFRESH_GRANT,
  refreshGrantBody,
  tokenBody,
} from './token.schema.js'
import { signerOf } from './token-proof.js'

type Parameters = z.output<typeof tokenBody>

/** The token endpoint (RFC 6749 §3.2): a form, or the same as JSON. */
@Public()
@Controller('token')
export class TokenController {
  constructor(
    private readonly codeGrant: CodeGrant,
    private readonly deviceGrant: DeviceGrant,
    private readonly refreshes: RefreshService,
    private readonly proofs: DpopProofs,
    private readonly limits: Limits,
    private readonly addresses: ClientAddresses,
    private readonly config: HubConfig,
  ) {}

  /** A valid refresh token is never limited, as on `/refresh` (CONTRACT §4.1); all else is, by address. */
  @Post()
  @HttpCode(200)
  @Header('pragma', 'no-cache')
  @Unlimited()
  async tokens(@Body() body: unknown, @Req() request: FastifyRequest): Promise<TokenAnswer> {
    const address = this.addresses.of(request.raw)
    const grant = grantIn(body)
    const isRefresh = grant === REFRESH_GRANT
    if (!isRefresh) {
      // Devices poll every five seconds, and an office full of them has one address.
      const limit = grant === DEVICE_GRANT ? 'device_poll' : 'token'
      await this.limits.take(limit, countedAddress(address))
    }
    try {
      return tokenAnswerOf(await this.grant(body, request, coarsePlace(address)))
    } catch (error) {
      if (isRefresh && !isForgiven(error)) {
        await this.limits.take('failed_authentication', countedAddress(address))
      }
      throw error
    }
  }

  private async grant(
    body: unknown,
    { headers, originalUrl }: FastifyRequest,
    place: string | null,
  ): Promise<TokenPair> {
    const parameters = parsed(tokenBody, body)
    refuseSecrets(parameters, headers.authorization)
    const [path = ''] = originalUrl.split('?', 1)
    const jkt = await signerOf(headers, this.config.http.publicUrl + path, this.proofs)
    const comer = { place, jkt }
    switch (parameters.grant_type) {
      case CODE_GRANT:
        return this.codeGrant.redeem(parsed(codeBody, parameters), comer)
      case REFRESH_GRANT:
        return this.refresh(parameters, comer)
      case DEVICE_GRANT:
        return this.deviceGrant.redeem(parsed(deviceBody, parameters), comer)
      default:
        throw new UnsupportedGrantTypeError(GRANTS)
    }
  }

  private async refresh(parameters: Parameters, { jkt }: Comer): Promise<TokenPair> {
    const { refresh_token, client_id: client } = parsed(refreshGrantBody, parameters)
    try {
      const pair = await this.refreshes.refresh(refresh_token, { jkt, client: client ?? null })
      if (jkt === null || pair.isKeyBound) return pair
    } catch (error) {
      if (error instanceof InvalidRefreshTokenError) {
        throw new InvalidGrantError(error.message, { cause: error })
      }
      if (error instanceof DpopRequiredError) {
        throw new InvalidDpopProofError(jkt === null ? 'missing' : 'other_key', 400)
      }
      throw error
    }
    // Whoever proves a key may take it that the tokens are bound to it (RFC 9449 §5).
    throw new InvalidGrantError(
      'refresh_token: its session is bound to no key: send it without DPoP, or log in with it',
    )
  }
}

/** As far as it can be told before anything is judged: which limit counts. */
function grantIn(body: unknown): unknown {
  return typeof body === 'object' && body !== null && 'grant_type' in body ? body.grant_type : null
}

/** What is no fault of the caller: the hub's own, and a clock that is wrong (RFC 9449 §8). */
function isForgiven(error: unknown): boolean {
  return !(error instanceof HubError) || error.status >= 500 || error instanceof UseDpopNonceError
}
