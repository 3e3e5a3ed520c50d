import type { ProviderName } from '../accounts/person.js'
import { HubError } from '../common/hub-error.js'

/** No provider has this name. */
export class UnknownProviderError extends HubError {
  readonly code = 'unknown_provider'
  readonly status = 400

  constructor() {
    super('there is no such login provider: use google or github')
  }
}

/** The operator has not set up this provider, or none at all. */
export class ProviderNotConfiguredError extends HubError {
  readonly code = 'provider_not_configured'
  readonly status = 503

  constructor(provider: ProviderName | null) {
    super(
      provider === null
        ? 'no login provider is set up on this hub: tell its operator'
        : `login with ${provider} is not set up on this hub: use another provider`,
    )
  }
}

/** LEGACY_LOGIN is off. */
export class LegacyLoginDisabledError extends HubError {
  readonly code = 'legacy_login_disabled'
  readonly status = 403

  constructor() {
    super('this hub has switched the classic login off: use a newer client')
  }
}

/** The callback of a login that this browser did not begin here, or that is over. */
export class InvalidLoginStateError extends HubError {
  readonly code = 'invalid_login_state'
  readonly status = 400

  constructor() {
    super(
      'this login was not begun in this browser, has been used, or is older than 10 minutes: begin it again',
    )
  }
}

/**
 * Every way in which a login can fail at the provider, with the words that the person's client gets.
 *
 * NOTE: classic clients print them into HTML as they are (CONTRACT §1): plain words only, nothing
 * that a provider or a stranger wrote.
 */
export const LOGIN_FAILURES = {
  access_denied: 'The login was declined at the provider.',
  provider_error: 'The provider gave an answer the hub cannot use. Please try again.',
  provider_timeout: 'The provider did not answer in time. Please try again.',
  provider_unreachable: 'The hub cannot reach the provider. Please try again later.',
  no_email: 'The provider gave no verified e-mail address. Verify one there and try again.',
  temporarily_unavailable: 'The hub cannot reach its database just now. Please try again shortly.',
  server_error: 'The hub failed to finish this login. Please try again.',
} as const

export type LoginFailureWord = keyof typeof LOGIN_FAILURES

/** Ends a login: the person goes back to their client with `word`. */
export class LoginFailure extends Error {
  /** @param reason for the operator's log: the hub's own words, never the provider's or a person's */
  constructor(
    readonly word: LoginFailureWord,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(`login failed: ${word}: ${reason}`, options)
    this.name = 'LoginFailure'
  }
}
