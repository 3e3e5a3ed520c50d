import {
  Body,
  Controller,
  Get,
  HttpCode,
  Param,
  Post,
  Query,
  Req,
  Res,
  UseGuards,
} from '@nestjs/common'
import type { FastifyReply, FastifyRequest } from 'fastify'

import { InvalidRequestError } from '../common/hub-error.js'
import { HubConfig } from '../config/hub-config.js'
import { Public } from '../tokens/decorators.js'
import { InvalidTokenError } from '../tokens/tokens.errors.js'
import { DevLoginGuard } from './dev-login.guard.js'
import { DEV_PAGE_POLICY, devLoginPage } from './dev-login.page.js'
import {
  type Authorize,
  authorizeQuery,
  type Decision,
  decisionBody,
  tokenBody,
  type TokenRequest,
} from './dev-login.schema.js'
import { type DevPerson, DevProvider } from './dev-provider.js'
import { callbackUrlOf, Providers } from './providers.js'

/** The development provider's end of OAuth: a page, a token, and who it is (DEV_LOGIN). */
@Public()
@UseGuards(DevLoginGuard)
@Controller('dev-login/:provider')
export class DevLoginController {
  constructor(
    private readonly dev: DevProvider,
    private readonly providers: Providers,
    private readonly config: HubConfig,
  ) {}

  @Get('authorize')
  async page(
    @Param('provider') name: string,
    @Query({ schema: authorizeQuery }) query: Authorize,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const provider = this.providers.named(name)
    this.checkRedirect(name, query)
    await reply
      .headers({
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy': DEV_PAGE_POLICY,
        // Without a referrer browsers send `Origin: null` with the form.
        'referrer-policy': 'same-origin',
      })
      .send(devLoginPage(provider))
  }

  @Post('authorize')
  async decide(
    @Param('provider') name: string,
    @Query({ schema: authorizeQuery }) query: Authorize,
    @Body({ schema: decisionBody }) body: Decision,
    @Req() { headers }: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    this.checkRedirect(name, query)
    if (headers.origin !== undefined && headers.origin !== this.config.http.publicUrl) {
      throw new InvalidRequestError('this form is for the page of this hub only')
    }
    const answer =
      body.decision === 'allow'
        ? {
            code: this.dev.authorize(
              { ...query, provider: this.providers.named(name) },
              body.email,
            ),
          }
        : { error: 'access_denied' }
    const parameters = new URLSearchParams({ ...answer, state: query.state })
    await reply.redirect(`${query.redirectUri}?${parameters.toString()}`, 303)
  }

  @Post('token')
  @HttpCode(200)
  token(
    @Param('provider') name: string,
    @Body({ schema: tokenBody }) body: TokenRequest,
  ): { access_token: string; token_type: 'bearer' } {
    const token = this.dev.redeem(body.code, { ...body, provider: this.providers.named(name) })
    if (token === null) throw new InvalidRequestError('this code is not valid, or was used')
    return { access_token: token, token_type: 'bearer' }
  }

  /** Google's `userinfo` and GitHub's `user` in one; each strategy reads its own fields. */
  @Get('userinfo')
  userinfo(@Param('provider') name: string, @Req() request: FastifyRequest): object {
    const { id, email } = this.personOf(name, request)
    return { sub: String(id), id, email, email_verified: true }
  }

  /** As GitHub's `user/emails`. */
  @Get('emails')
  emails(@Param('provider') name: string, @Req() request: FastifyRequest): object[] {
    const { email } = this.personOf(name, request)
    return [{ email, primary: true, verified: true }]
  }

  private personOf(name: string, { headers }: FastifyRequest): DevPerson {
    const token = /^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1] ?? ''
    const person = this.dev.personOf(this.providers.named(name), token)
    if (!person) throw new InvalidTokenError()
    return person
  }

  private checkRedirect(name: string, { redirectUri }: Authorize): void {
    const provider = this.providers.named(name)
    if (redirectUri !== callbackUrlOf(this.config.http.publicUrl, provider)) {
      throw new InvalidRequestError('redirect_uri: is not the callback of this hub')
    }
  }
}
