import { HubError, InvalidRequestError } from '../../common/hub-error.js'

/** No client of this hub, or one that shows a secret: there are none (RFC 6749 §5.2). */
export class InvalidClientError extends HubError {
  readonly code = 'invalid_client'
  override readonly headers: Readonly<Record<string, string>>

  /** @param status 401 when it used the Authorization header, else 400 */
  constructor(
    detail: string,
    override readonly status: number = 400,
  ) {
    super(detail)
    this.headers = status === 401 ? { 'www-authenticate': 'Basic realm="hub", Bearer' } : {}
  }
}

/** The client may not be answered at this address: nobody is sent there (RFC 6749 §4.1.2.1). */
export class InvalidRedirectUriError extends InvalidRequestError {
  override readonly code = 'invalid_redirect_uri'

  constructor(detail: string) {
    super(detail, [{ path: 'redirect_uri', message: detail }])
  }
}

/** The code, device code or refresh token is not good, or not for this client, key or verifier. */
export class InvalidGrantError extends HubError {
  readonly code = 'invalid_grant'
  readonly status = 400
}

/** The token endpoint knows no such grant. */
export class UnsupportedGrantTypeError extends HubError {
  readonly code = 'unsupported_grant_type'
  readonly status = 400

  constructor(known: readonly string[]) {
    super(`grant_type: expected one of ${known.join(', ')}`)
  }
}

/** Only codes are given out at the authorization endpoint: no tokens in addresses (RFC 9700 §2.1.2). */
export class UnsupportedResponseTypeError extends HubError {
  readonly code = 'unsupported_response_type'
  readonly status = 400

  constructor() {
    super('response_type: expected code')
  }
}

/** The client exists and may not use this grant (RFC 6749 §5.2). */
export class UnauthorizedClientError extends HubError {
  readonly code = 'unauthorized_client'
  readonly status = 400
}
