import { HubError } from '../../common/hub-error.js'

/** The code typed at `/device` is none that waits: unknown, expired, or decided. Which one is told to nobody. */
export class InvalidUserCodeError extends HubError {
  readonly code = 'invalid_user_code'
  readonly status = 400

  constructor() {
    super(
      'this code is not one that a device waits with: look at it again, or let the device show a new one',
    )
  }
}

/** RFC 8628 §3.5: nobody has decided yet. The device polls on. */
export class AuthorizationPendingError extends HubError {
  readonly code = 'authorization_pending'
  readonly status = 400

  constructor(intervalSeconds: number) {
    super(`nobody has approved this device yet: ask again in ${intervalSeconds} s`)
  }
}

/** RFC 8628 §3.5: the device polls too fast. It waits longer from now on. */
export class SlowDownError extends HubError {
  readonly code = 'slow_down'
  readonly status = 400

  constructor(intervalSeconds: number) {
    super(`this device asks too often: from now on wait ${intervalSeconds} s before each request`)
  }
}

/** RFC 8628 §3.5: a person turned the device away. */
export class AccessDeniedError extends HubError {
  readonly code = 'access_denied'
  readonly status = 400

  constructor() {
    super('this device was turned away: stop asking')
  }
}

/** RFC 8628 §3.5: nobody decided in time. */
export class ExpiredTokenError extends HubError {
  readonly code = 'expired_token'
  readonly status = 400

  constructor() {
    super(
      'the device code has expired: when a person is there, begin again with POST /oauth/device',
    )
  }
}
