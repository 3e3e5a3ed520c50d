import type { Person } from '../accounts/person.js'
import type { ProviderConfig } from '../config/hub-config.js'
import { LoginFailure } from './auth.errors.js'
import type { ProviderHttp } from './provider-http.js'

/** What a strategy is made of. */
export interface TripOptions {
  readonly provider: ProviderConfig
  /** The hub's own callback: where the provider sends the person back to. */
  readonly callbackUrl: string
  readonly http: ProviderHttp
  readonly memory: TripMemory
}

/** What a login remembers between its two requests. */
export interface TripMemory {
  /** Keeps the PKCE verifier and resolves with the login's `state`. */
  keep(verifier: string): Promise<string>
  /** What was kept, once the login's `state` has been taken; null before. */
  readonly verifier: string | null
}

/** A passport strategy, as far as the hub speaks to it. */
interface Strategy {
  authenticate(request: object, options?: object): void
}

/**
 * One person's way to a provider and back: a passport strategy, driven directly.
 *
 * Passport's own middleware would keep strategies in a registry shared by all hubs of a process,
 * write to the raw response past Fastify, and set its callbacks on a strategy that other requests
 * are using. A strategy of its own for each request, and the four callbacks, is all that is needed.
 */
export class ProviderTrip {
  constructor(private readonly strategy: Strategy) {}

  /** Resolves with the provider's address to send the person to; state and PKCE are in it. */
  begin(): Promise<string> {
    return new Promise((resolve, reject) => {
      this.run({}, { redirect: resolve, success: unexpected(reject), error: reject })
    })
  }

  /**
   * Redeems the code and reads who it is.
   *
   * @throws LoginFailure
   */
  finish(code: string): Promise<Person> {
    return new Promise((resolve, reject) => {
      this.run({ code }, { redirect: unexpected(reject), success: resolve, error: reject })
    })
  }

  private run(query: object, endings: Endings): void {
    const error = (fault: unknown) => endings.error(failureOf(fault))
    Object.assign(this.strategy, {
      ...endings,
      error,
      fail: unexpected(error),
      pass: unexpected(error),
    })
    this.strategy.authenticate({ query })
  }
}

interface Endings {
  readonly redirect: (url: string) => void
  readonly success: (person: Person) => void
  readonly error: (error: unknown) => void
}

function unexpected(reject: (error: Error) => void): () => void {
  return () => reject(new LoginFailure('provider_error', 'passport ended this in no way known'))
}

/** Passport wraps what the token request failed with into an InternalOAuthError. */
function failureOf(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const inner = 'oauthError' in error ? error.oauthError : error
  if (inner instanceof LoginFailure) return inner
  return error.message === 'Failed to obtain access token'
    ? new LoginFailure('provider_error', 'it gave no access token', { cause: error })
    : error
}

/** The options both strategies share. */
export function passportOptions({ provider, callbackUrl, memory }: TripOptions) {
  return {
    clientID: provider.clientId,
    clientSecret: provider.clientSecret.reveal(),
    authorizationURL: provider.authorizationUrl,
    tokenURL: provider.tokenUrl,
    callbackURL: callbackUrl,
    pkce: true,
    store: stateStore(memory),
  }
}

/** NOTE: the published type of a store's callback knows of no PKCE, so it is called by `Reflect`. */
type Done = (...answer: never[]) => void

/**
 * What passport-oauth2 keeps state and verifier with. It tells its kinds of store apart by the
 * number of their parameters: none may be left out.
 */
function stateStore(memory: TripMemory) {
  const answer = (done: Done | undefined, error: unknown, found?: string | null): void => {
    if (done) Reflect.apply(done, undefined, [error, found])
  }
  return {
    store(_request: unknown, verifier: unknown, _state?: unknown, _meta?: unknown, done?: Done) {
      memory
        .keep(String(verifier))
        .then((state) => answer(done, null, state))
        .catch((error: unknown) => answer(done, error))
    },

    /** The login state has been taken already, so the provider's `state` is known to be good. */
    verify(_request: unknown, _state: unknown, _meta: unknown, done?: Done) {
      answer(done, null, memory.verifier)
    },
  }
}
