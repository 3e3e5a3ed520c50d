import { Catch } from '@nestjs/common'
import type { FastifyReply, FastifyRequest } from 'fastify'

import { errorBody, errorHeaders, HubErrorFilter } from '../../common/hub-error.filter.js'
import type { HubError } from '../../common/hub-error.js'
import { markup, page, PAGE_HEADERS } from '../../common/html.js'

/** Codes of ours that an RFC has too: RFC 6749 §4.1.2.1 and §5.2, RFC 6750 §3.1, RFC 8628 §3.5, RFC 9449 §12.2. */
const REGISTERED = new Set([
  'invalid_request',
  'invalid_client',
  'unauthorized_client',
  'invalid_grant',
  'unsupported_grant_type',
  'unsupported_response_type',
  'invalid_token',
  'authorization_pending',
  'slow_down',
  'access_denied',
  'expired_token',
  'invalid_dpop_proof',
  'use_dpop_nonce',
])

/** The one error body with the two fields that OAuth clients read (RFC 6749 §5.2). */
@Catch()
export class OAuthErrorFilter extends HubErrorFilter {
  protected override answer(error: HubError, request: FastifyRequest, reply: FastifyReply): void {
    const body = {
      error: oauthErrorOf(error),
      error_description: asciiOf(error.message),
      ...errorBody(error, request.id),
    }
    void reply.status(error.status).headers(errorHeaders(error)).send(JSON.stringify(body))
  }
}

/** The same, and a page for a person who was sent here by a client that is not known. */
@Catch()
export class AuthorizeErrorFilter extends OAuthErrorFilter {
  protected override answer(error: HubError, request: FastifyRequest, reply: FastifyReply): void {
    if (!(request.headers.accept ?? '').includes('text/html')) {
      super.answer(error, request, reply)
      return
    }
    const text = page(
      'This login cannot begin',
      markup`<p class="note" role="alert">${error.message}</p>
<p>Go back to the program that opened this page, and begin again from there.</p>`,
    )
    void reply
      .status(error.status)
      .headers({ ...errorHeaders(error), ...PAGE_HEADERS })
      .send(text)
  }
}

export function oauthErrorOf({ code, status }: HubError): string {
  if (REGISTERED.has(code)) return code
  if (status === 429 || status === 503) return 'temporarily_unavailable'
  if (status >= 500) return 'server_error'
  return status === 401 ? 'invalid_token' : 'invalid_request'
}

/** RFC 6749 §5.2: no quotes, no backslash, nothing beyond visible ASCII. */
export function asciiOf(text: string): string {
  return text.replaceAll('"', "'").replace(/[^\x20-\x5b\x5d-\x7e]/g, '?')
}
