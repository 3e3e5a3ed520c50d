import { HubError } from '../common/hub-error.js'

/** No token, or one that this hub did not issue or that is spelled wrongly. */
export class InvalidTokenError extends HubError {
  readonly code = 'invalid_token'
  readonly status = 401

  constructor(
    detail = 'the access token is missing or not valid: log in again',
    options?: ErrorOptions,
  ) {
    super(detail, options)
  }
}

/** The access token was good once: refresh it. */
export class TokenExpiredError extends HubError {
  readonly code = 'token_expired'
  readonly status = 401

  constructor() {
    super('the access token has expired: refresh it')
  }
}

/** A ticket for the socket that this hub did not give out, that is too old or that was used before. */
export class InvalidTicketError extends HubError {
  readonly code = 'ticket_invalid'
  readonly status = 401

  constructor() {
    super('this ticket is not good any more: each opens one socket, within 30 s; get another')
  }
}

/** The session behind the token has ended: logged out, revoked, expired, or its account is gone. */
export class SessionEndedError extends HubError {
  readonly code = 'session_ended'
  readonly status = 401

  constructor() {
    super('this session has ended: log in again')
  }
}

/** A refresh token that this hub did not issue, or whose session has ended. */
export class InvalidRefreshTokenError extends HubError {
  readonly code = 'invalid_refresh_token'
  readonly status = 401

  constructor(detail = 'the refresh token is not valid: log in again') {
    super(detail)
  }
}

/** The act needs a login younger than five minutes. */
export class FreshLoginRequiredError extends HubError {
  readonly code = 'fresh_login_required'
  readonly status = 403

  constructor() {
    super(
      'this needs a login younger than 5 minutes: log in again, or sign in with the node key, and repeat it with the new token',
    )
  }
}
