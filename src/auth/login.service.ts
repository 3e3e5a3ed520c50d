import { Injectable } from '@nestjs/common'

import { AccountStore } from '../accounts/account.store.js'
import type { Person, ProviderName } from '../accounts/person.js'
import { Clock } from '../common/clock.js'
import { InternalError, UnavailableError } from '../common/hub-error.js'
import { Logger } from '../common/logger.js'
import { RefreshService, type TokenPair } from '../tokens/refresh.service.js'
import { InvalidLoginStateError, LoginFailure } from './auth.errors.js'
import type { CallbackQuery } from './auth.schema.js'
import { type Login, LoginStateStore } from './login-state.store.js'
import { Providers } from './providers.js'

/** A person's way in: to a provider and back, to their account, to a session's first tokens. */
@Injectable()
export class LoginService {
  constructor(
    private readonly providers: Providers,
    private readonly states: LoginStateStore,
    private readonly accounts: AccountStore,
    private readonly refreshes: RefreshService,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /**
   * Begins a login in the browser that holds `browserSecret` and resolves with the provider's
   * address to send it to.
   *
   * @throws ProviderNotConfiguredError
   */
  begin(provider: ProviderName, browserSecret: string): Promise<string> {
    const trip = this.providers.trip(provider, {
      verifier: null,
      keep: (verifier) => this.states.add({ provider, verifier, door: 'classic' }, browserSecret),
    })
    return trip.begin()
  }

  /**
   * Ends a login with the first tokens of a new session, or with why it failed.
   *
   * @throws InvalidLoginStateError      not begun in this browser with this provider, used, too old
   * @throws ProviderNotConfiguredError
   */
  async finish(
    provider: ProviderName,
    query: CallbackQuery,
    browserSecret: string | null,
  ): Promise<TokenPair | LoginFailure> {
    const login = await this.take(query.state, browserSecret)
    if (login instanceof LoginFailure) return login
    if (login?.provider !== provider) throw new InvalidLoginStateError()
    const trip = this.providers.trip(provider, {
      verifier: login.verifier,
      keep: () => Promise.reject(new Error('a login that comes back begins nothing')),
    })
    try {
      const person = await trip.finish(codeOf(query))
      return await this.startSession(person)
    } catch (error) {
      return this.failureOf(error, provider)
    }
  }

  /** Whether the state is good cannot be told without the database: the person goes back to try again. */
  private async take(
    state: string,
    browserSecret: string | null,
  ): Promise<Login | LoginFailure | null> {
    try {
      return await this.states.take(state, browserSecret)
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error
      return new LoginFailure('temporarily_unavailable', 'the database is away', { cause: error })
    }
  }

  private async startSession(person: Person): Promise<TokenPair> {
    const accountId = await this.accounts.enter(person, this.clock.date())
    return this.refreshes.start({ accountId, provider: person.provider, client: 'classic' })
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
