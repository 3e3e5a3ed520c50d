import { Controller, Get, Query, Req, Res, UseFilters } from '@nestjs/common'
import type { FastifyReply, FastifyRequest } from 'fastify'

import type { ProviderName } from '../../accounts/person.js'
import { describeError } from '../../common/describe-error.js'
import { type HubError, InternalError } from '../../common/hub-error.js'
import { PAGE_HEADERS } from '../../common/html.js'
import { Logger } from '../../common/logger.js'
import { asciiOf, oauthErrorOf } from '../../common/oauth-error.js'
import { parsed } from '../../common/validation.js'
import { HubConfig } from '../../config/hub-config.js'
import { ClientAddresses, countedAddress } from '../../limits/client-address.js'
import { Limits } from '../../limits/limits.js'
import { RateLimit } from '../../limits/rate-limit.guard.js'
import { Public } from '../../tokens/decorators.js'
import { isAskedAt } from '../asked-at.js'
import { ProviderNotConfiguredError } from '../auth.errors.js'
import { BrowserCookie } from '../browser-cookie.js'
import { LoginService } from '../login.service.js'
import { Providers } from '../providers.js'
import { type AuthorizationRequest, authorizeQuery } from './authorization-request.js'
import { choicePage } from './choice.page.js'
import { type ClientId, clientNamed, mayRedirectTo } from './clients.js'
import { OAuthDoor } from './oauth-door.js'
import { AuthorizeErrorFilter } from './authorize-error.filter.js'
import {
  InvalidClientError,
  InvalidRedirectUriError,
  UnsupportedResponseTypeError,
} from './oauth.errors.js'

type RawQuery = Readonly<Record<string, unknown>>

/** The authorization endpoint (RFC 6749 §3.1): where a client sends the person's browser. */
@Public()
@UseFilters(AuthorizeErrorFilter)
@Controller('oauth/authorize')
export class AuthorizeController {
  private readonly cookie: BrowserCookie

  constructor(
    private readonly login: LoginService,
    private readonly providers: Providers,
    private readonly door: OAuthDoor,
    private readonly limits: Limits,
    private readonly addresses: ClientAddresses,
    private readonly config: HubConfig,
    private readonly logger: Logger,
  ) {
    this.cookie = new BrowserCookie(config.http.publicUrl)
  }

  /**
   * Until client and address are known to be good nobody is redirected (RFC 9700 §4.11); from then on
   * every fault goes back to the client.
   */
  @Get()
  @RateLimit('page')
  async authorize(
    @Query() asked: RawQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { publicUrl } = this.config.http
    if (!isAskedAt(publicUrl, request)) {
      // The cookie must be set where the provider will send the browser back to.
      const { pathname, search } = new URL(request.originalUrl, publicUrl)
      await reply.redirect(publicUrl + pathname + search, 302)
      return
    }
    const query = given(asked)
    const client = clientIn(query)
    const redirectUri = redirectUriIn(query, client, publicUrl)
    // Only what goes on to a provider is a login: the hop to PUBLIC_URL and the page are none.
    if (query.provider !== undefined)
      await this.limits.take('login', countedAddress(this.addresses.of(request.raw)))
    try {
      await this.begin(query, { client, redirectUri }, request, reply)
    } catch (thrown) {
      const error = describeError(thrown)
      if (error instanceof InternalError) this.logger.failure(error, { request_id: request.id })
      await reply.redirect(this.refusal(query, redirectUri, error), 303)
    }
  }

  private async begin(
    query: RawQuery,
    { client, redirectUri }: Pick<AuthorizationRequest, 'client' | 'redirectUri'>,
    { headers, originalUrl }: FastifyRequest,
    reply: FastifyReply,
  ): Promise<void> {
    const asked = parsed(authorizeQuery, query)
    if (asked.response_type !== 'code') throw new UnsupportedResponseTypeError()
    if (asked.provider === undefined) {
      const offered = this.providers.offered()
      if (offered.length === 0) throw new ProviderNotConfiguredError(null)
      const choices = offered.map((provider) => ({
        provider,
        url: withProvider(originalUrl, provider),
      }))
      await reply.headers(PAGE_HEADERS).send(choicePage(client, choices))
      return
    }
    const request: AuthorizationRequest = {
      client,
      redirectUri,
      codeChallenge: asked.code_challenge,
      clientState: asked.state,
      dpopJkt: asked.dpop_jkt ?? null,
    }
    const provider = this.providers.named(asked.provider)
    const secret = this.cookie.read(headers.cookie) ?? this.cookie.makeSecret()
    const location = await this.login.begin(provider, { door: 'oauth', request }, secret)
    await reply.header('set-cookie', this.cookie.write(secret)).redirect(location, 302)
  }

  /** RFC 6749 §4.1.2.1. A `state` that cannot be repeated is left out. */
  private refusal(query: RawQuery, redirectUri: string, error: HubError): string {
    const state = authorizeQuery.shape.state.safeParse(query.state)
    const request = { redirectUri, clientState: state.success ? state.data : '' }
    return this.door.refuse(request, oauthErrorOf(error), asciiOf(error.message))
  }
}

/** A parameter without a value counts as left out (RFC 6749 §3.1). */
function given(query: RawQuery): RawQuery {
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== ''))
}

/** @throws InvalidClientError */
function clientIn({ client_id: name }: RawQuery): ClientId {
  const client = typeof name === 'string' ? clientNamed(name) : null
  if (!client) throw new InvalidClientError('client_id: expected desktop or web, once')
  return client
}

/** @throws InvalidRedirectUriError */
function redirectUriIn(
  { redirect_uri: uri }: RawQuery,
  client: ClientId,
  publicUrl: string,
): string {
  if (typeof uri === 'string' && mayRedirectTo(client, uri, publicUrl)) return uri
  throw new InvalidRedirectUriError(
    client === 'web'
      ? 'redirect_uri: expected the address of this hub’s console, exactly'
      : 'redirect_uri: expected http://127.0.0.1:PORT/callback or http://[::1]:PORT/callback, without query or fragment; localhost is not taken',
  )
}

/** The same request with the provider chosen. */
function withProvider(originalUrl: string, provider: ProviderName): string {
  const at = originalUrl.indexOf('?')
  const query = new URLSearchParams(originalUrl.slice(at + 1))
  query.set('provider', provider)
  return `${originalUrl.slice(0, at)}?${query.toString()}`
}
