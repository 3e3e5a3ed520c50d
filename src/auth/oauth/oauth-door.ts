import { Injectable } from '@nestjs/common'

import { HubConfig } from '../../config/hub-config.js'
import { LOGIN_FAILURES, LoginFailure, type LoginFailureWord } from '../auth.errors.js'
import type { Arrival } from '../login.service.js'
import { AuthorizationCodeStore } from './authorization-code.store.js'
import type { AuthorizationRequest } from './authorization-request.js'

/** RFC 6749 §4.1.2.1 has fewer words than a login has ways to fail. */
const ERRORS: Record<LoginFailureWord, string> = {
  access_denied: 'access_denied',
  no_email: 'access_denied',
  provider_error: 'server_error',
  provider_timeout: 'temporarily_unavailable',
  provider_unreachable: 'temporarily_unavailable',
  temporarily_unavailable: 'temporarily_unavailable',
  server_error: 'server_error',
}

/** How a login ends that a modern client began: with a code, at that client's address. */
@Injectable()
export class OAuthDoor {
  constructor(
    private readonly codes: AuthorizationCodeStore,
    private readonly config: HubConfig,
  ) {}

  /** The address to send the browser to, with a code. */
  async arrived(request: AuthorizationRequest, arrival: Arrival): Promise<string> {
    return this.answer(request, { code: await this.codes.add(request, arrival) })
  }

  failed(request: AuthorizationRequest, { word }: LoginFailure): string {
    return this.refuse(request, ERRORS[word], LOGIN_FAILURES[word])
  }

  /** @param error of RFC 6749 §4.1.2.1 */
  refuse(
    request: Pick<AuthorizationRequest, 'redirectUri' | 'clientState'>,
    error: string,
    description: string,
  ): string {
    return this.answer(request, { error, error_description: description })
  }

  /** `iss` tells a client of several hubs which one answers (RFC 9207). */
  private answer(
    { redirectUri, clientState }: Pick<AuthorizationRequest, 'redirectUri' | 'clientState'>,
    answer: Record<string, string>,
  ): string {
    const query = { ...answer, ...(clientState === '' ? {} : { state: clientState }) }
    const { publicUrl: iss } = this.config.http
    return `${redirectUri}?${new URLSearchParams({ ...query, iss }).toString()}`
  }
}
