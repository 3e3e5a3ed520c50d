import { Body, Controller, HttpCode, Post, Req } from '@nestjs/common'
import type { FastifyRequest } from 'fastify'

import { HubConfig } from '../../config/hub-config.js'
import { ClientAddresses, coarsePlace } from '../../limits/client-address.js'
import { RateLimit } from '../../limits/rate-limit.guard.js'
import { Public } from '../../tokens/decorators.js'
import { DpopProofs } from '../../tokens/dpop.js'
import { DEVICE_CODE_SECONDS, DeviceCodeStore, POLL_SECONDS } from './device-code.store.js'
import { showUserCode } from './device-user-code.js'
import {
  type DeviceAuthorizationAnswer,
  deviceAuthorizationBody,
  type DeviceAuthorizationBody,
} from './device.schema.js'
import { UnauthorizedClientError } from './oauth.errors.js'
import { refuseSecrets } from './public-client.js'
import { signerOf } from './token-proof.js'

/** The device authorization endpoint (RFC 8628 §3.1): a form, or the same as JSON. */
@Public()
@Controller('oauth/device')
export class DeviceAuthorizationController {
  constructor(
    private readonly codes: DeviceCodeStore,
    private readonly proofs: DpopProofs,
    private readonly addresses: ClientAddresses,
    private readonly config: HubConfig,
  ) {}

  /** Whoever signs the request with a key has to poll with that key, and gets a session bound to it. */
  @Post()
  @HttpCode(200)
  @RateLimit('device_code')
  async issue(
    @Body({ schema: deviceAuthorizationBody }) body: DeviceAuthorizationBody,
    @Req() { headers, originalUrl, raw }: FastifyRequest,
  ): Promise<DeviceAuthorizationAnswer> {
    refuseSecrets(body, headers.authorization)
    if (body.client_id !== 'desktop') {
      throw new UnauthorizedClientError('client_id: only desktop connects devices')
    }
    const { publicUrl } = this.config.http
    const [path = ''] = originalUrl.split('?', 1)
    const dpopJkt = await signerOf(headers, publicUrl + path, this.proofs)
    const place = coarsePlace(this.addresses.of(raw))
    const { deviceCode, userCode } = await this.codes.add({ dpopJkt, place })
    const page = `${publicUrl}/device`
    return {
      device_code: deviceCode,
      user_code: showUserCode(userCode),
      verification_uri: page,
      verification_uri_complete: `${page}?user_code=${showUserCode(userCode)}`,
      expires_in: DEVICE_CODE_SECONDS,
      interval: POLL_SECONDS,
    }
  }
}
