import { Injectable } from '@nestjs/common'

import { PROVIDER_NAMES, type ProviderName } from '../accounts/person.js'
import { HubConfig, type ProviderConfig } from '../config/hub-config.js'
import { ProviderNotConfiguredError, UnknownProviderError } from './auth.errors.js'
import { devProviderConfig } from './dev-provider.js'
import { GithubStrategy } from './github.strategy.js'
import { GoogleStrategy } from './google.strategy.js'
import { ProviderHttp } from './provider-http.js'
import { ProviderTrip, type TripMemory } from './provider-trip.js'

/** The providers this hub offers; in development, without any, its own page plays both. */
@Injectable()
export class Providers {
  constructor(private readonly config: HubConfig) {}

  /** @throws UnknownProviderError */
  named(name: string): ProviderName {
    const provider = PROVIDER_NAMES.find((each) => each === name)
    if (!provider) throw new UnknownProviderError()
    return provider
  }

  /** Those that a person may choose from. */
  offered(): readonly ProviderName[] {
    return PROVIDER_NAMES.filter((name) => this.configOf(name) !== null)
  }

  /**
   * A way to the provider and back, for one request.
   *
   * @throws ProviderNotConfiguredError
   */
  trip(name: ProviderName, memory: TripMemory): ProviderTrip {
    const provider = this.configOf(name)
    if (!provider) throw new ProviderNotConfiguredError(name)
    const callbackUrl = callbackUrlOf(this.config.http.publicUrl, name)
    const options = { provider, callbackUrl, memory, http: new ProviderHttp() }
    return new ProviderTrip(
      name === 'google' ? new GoogleStrategy(options) : new GithubStrategy(options),
    )
  }

  private configOf(name: ProviderName): ProviderConfig | null {
    const { login, http } = this.config
    return login[name] ?? (login.dev ? devProviderConfig(name, http.publicUrl) : null)
  }
}

/** Where a provider sends people back to; operators register it there. */
export function callbackUrlOf(publicUrl: string, provider: ProviderName): string {
  return `${publicUrl}/auth/${provider}/callback`
}
