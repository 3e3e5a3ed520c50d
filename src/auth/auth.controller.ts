import { Controller, Get, Param, Query, Req, Res } from '@nestjs/common'
import type { FastifyReply, FastifyRequest } from 'fastify'

import { HubConfig } from '../config/hub-config.js'
import { ClientAddresses, coarsePlace } from '../limits/client-address.js'
import { RateLimit } from '../limits/rate-limit.guard.js'
import { Public } from '../tokens/decorators.js'
import { Arrivals } from './arrivals.js'
import { isAskedAt } from './asked-at.js'
import { LegacyLoginDisabledError } from './auth.errors.js'
import { type CallbackQuery, callbackQuery } from './auth.schema.js'
import { BrowserCookie } from './browser-cookie.js'
import { LoginService } from './login.service.js'
import { Providers } from './providers.js'

/** Logging in with a browser: away to the provider, and back (CONTRACT §1). */
@Public()
@Controller()
export class AuthController {
  private readonly cookie: BrowserCookie

  constructor(
    private readonly login: LoginService,
    private readonly arrivals: Arrivals,
    private readonly addresses: ClientAddresses,
    private readonly providers: Providers,
    private readonly config: HubConfig,
  ) {
    this.cookie = new BrowserCookie(config.http.publicUrl)
  }

  @Get(['login/:provider', 'auth/login/:provider'])
  @RateLimit('login')
  async begin(
    @Param('provider') name: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const provider = this.providers.named(name)
    if (!this.config.login.legacy) throw new LegacyLoginDisabledError()
    const { publicUrl } = this.config.http
    if (!isAskedAt(publicUrl, request)) {
      // The cookie must be set where the provider will send the browser back to.
      const { pathname } = new URL(request.originalUrl, publicUrl)
      await reply.redirect(publicUrl + pathname, 302)
      return
    }
    const secret = this.cookie.read(request.headers.cookie) ?? this.cookie.makeSecret()
    const location = await this.login.begin(provider, { door: 'classic' }, secret)
    await reply.header('set-cookie', this.cookie.write(secret)).redirect(location, 302)
  }

  @Get(['auth/:provider/callback', 'auth/callback/:provider'])
  @RateLimit('callback')
  async finish(
    @Param('provider') name: string,
    @Query({ schema: callbackQuery }) query: CallbackQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const provider = this.providers.named(name)
    const browserSecret = this.cookie.read(request.headers.cookie)
    const place = coarsePlace(this.addresses.of(request.raw))
    const location = await this.arrivals.end({ provider, query, browserSecret, place })
    // 303: the browser must not send anything of this request along (RFC 9700 §4.12).
    await reply
      .headers({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' })
      .redirect(location, 303)
  }
}
