import { Injectable } from '@nestjs/common'

import { UnavailableError } from '../common/hub-error.js'
import { HubConfig } from '../config/hub-config.js'
import type { ProviderName } from '../accounts/person.js'
import { RefreshService } from '../tokens/refresh.service.js'
import { LegacyLoginDisabledError, LoginFailure } from './auth.errors.js'
import type { CallbackQuery } from './auth.schema.js'
import { classicEnding } from './classic-door.js'
import { LoginService } from './login.service.js'
import { isClassicState, type Login } from './login-state.store.js'
import { DeviceDoor } from './oauth/device-door.js'
import { OAuthDoor } from './oauth/oauth-door.js'

/** Who has come back to the hub, in which browser, from which network. */
export interface Return {
  readonly provider: ProviderName
  readonly query: CallbackQuery
  readonly browserSecret: string | null
  /** Coarse (`coarsePlace`). */
  readonly place: string | null
}

/** Ends logins, each at the door through which it began. */
@Injectable()
export class Arrivals {
  constructor(
    private readonly logins: LoginService,
    private readonly refreshes: RefreshService,
    private readonly oauth: OAuthDoor,
    private readonly device: DeviceDoor,
    private readonly config: HubConfig,
  ) {}

  /**
   * Resolves with the address to send the browser to.
   *
   * @throws InvalidLoginStateError, LegacyLoginDisabledError, ProviderNotConfiguredError
   * @throws UnavailableError  at a modern door: the database is away, and only it knows the client
   */
  async end(back: Return): Promise<string> {
    const isClassic = isClassicState(back.query.state)
    if (isClassic && !this.config.login.legacy) throw new LegacyLoginDisabledError()
    try {
      const login = await this.logins.resume(back.provider, back.query, back.browserSecret)
      return await this.endAt(login, back)
    } catch (error) {
      if (!isClassic || !(error instanceof UnavailableError)) throw error
      const failure = new LoginFailure('temporarily_unavailable', 'the database is away', {
        cause: error,
      })
      return classicEnding(failure)
    }
  }

  private async endAt(login: Login, { query, browserSecret, place }: Return): Promise<string> {
    switch (login.door) {
      case 'classic': {
        const outcome = await this.logins.finish(login, query, (arrival) =>
          this.refreshes.start({ ...arrival, client: 'classic', place }),
        )
        return classicEnding(outcome)
      }
      case 'oauth': {
        const { request } = login
        const outcome = await this.logins.finish(login, query, (arrival) =>
          this.oauth.arrived(request, arrival),
        )
        return outcome instanceof LoginFailure ? this.oauth.failed(request, outcome) : outcome
      }
      case 'device': {
        const { deviceHash } = login
        const outcome = await this.logins.finish(login, query, (arrival) =>
          this.device.arrived(deviceHash, arrival, browserSecret),
        )
        return outcome instanceof LoginFailure ? this.device.failed(deviceHash, outcome) : outcome
      }
    }
  }
}
