import { Injectable } from '@nestjs/common'

import { AccountStore } from '../accounts/account.store.js'
import type { ProviderName } from '../accounts/person.js'
import { Clock } from '../common/clock.js'
import { InternalError, UnavailableError } from '../common/hub-error.js'
import { Logger } from '../common/logger.js'
import { InvalidLoginStateError, LoginFailure } from './auth.errors.js'
import type { CallbackQuery } from './auth.schema.js'
import { type Door, type Login, LoginStateStore } from './login-state.store.js'
import { Providers } from './providers.js'

/** Who came back from a provider. */
export interface Arrival {
  readonly accountId: number
  readonly provider: ProviderName
}

/** A person's way in: to a provider and back, and to their account. */
@Injectable()
export class LoginService {
  constructor(
    private readonly providers: Providers,
    private readonly states: LoginStateStore,
    private readonly accounts: AccountStore,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /**
   * Begins a login in the browser that holds `browserSecret` and resolves with the provider's
   * address to send it to.
   *
   * @throws ProviderNotConfiguredError
   */
  begin(provider: ProviderName, door: Door, browserSecret: string): Promise<string> {
    const trip = this.providers.trip(provider, {
      verifier: null,
      keep: (verifier) => this.states.add(door, { provider, verifier }, browserSecret),
    })
    return trip.begin()
  }

  /**
   * The login that a person comes back from, used up.
   *
   * @throws InvalidLoginStateError  not begun in this browser with this provider, used, too old
   * @throws UnavailableError        whether it is good cannot be told just now
   */
  async resume(
    provider: ProviderName,
    { state }: CallbackQuery,
    browserSecret: string | null,
  ): Promise<Login> {
    const login = await this.states.take(state, browserSecret)
    if (login?.provider !== provider) throw new InvalidLoginStateError()
    return login
  }

  /**
   * Asks the provider who came back, and does what the login was for. Resolves with that, or with why
   * it failed.
   *
   * @throws ProviderNotConfiguredError
   */
  async finish<Result>(
    { provider, verifier }: Login,
    query: CallbackQuery,
    work: (arrival: Arrival) => Promise<Result>,
  ): Promise<Result | LoginFailure> {
    const trip = this.providers.trip(provider, {
      verifier,
      keep: () => Promise.reject(new Error('a login that comes back begins nothing')),
    })
    try {
      const person = await trip.finish(codeOf(query))
      const accountId = await this.accounts.enter(person, this.clock.date())
      return await work({ accountId, provider })
    } catch (error) {
      return this.failureOf(error, provider)
    }
  }

  /** The person goes back to their client whatever happened (CONTRACT §1); the operator is told why. */
  private failureOf(error: unknown, provider: ProviderName): LoginFailure {
    if (error instanceof LoginFailure) {
      const { word, reason } = error
      this.logger.warn('login failed', { provider, error: word, reason })
      return error
    }
    this.logger.failure(new InternalError(error), { provider })
    return error instanceof UnavailableError
      ? new LoginFailure('temporarily_unavailable', 'the database is away', { cause: error })
      : new LoginFailure('server_error', 'see the error logged before', { cause: error })
  }
}

/** @throws LoginFailure  the provider sent the person back without a code */
function codeOf({ code, error }: CallbackQuery): string {
  if (error === 'access_denied') throw new LoginFailure('access_denied', 'the person declined')
  if (error !== null)
    throw new LoginFailure('provider_error', 'it sent the person back with an error')
  if (code === null)
    throw new LoginFailure('provider_error', 'it sent the person back without a code')
  return code
}
