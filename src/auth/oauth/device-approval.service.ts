import { Injectable } from '@nestjs/common'

import { AccountStore } from '../../accounts/account.store.js'
import type { ProviderName } from '../../accounts/person.js'
import { InvalidLoginStateError, ProviderNotConfiguredError } from '../auth.errors.js'
import { LoginService } from '../login.service.js'
import type { Door } from '../login-state.store.js'
import { Providers } from '../providers.js'
import { type Decision, DeviceCodeStore, type PendingDevice } from './device-code.store.js'
import { DeviceConfirmations } from './device-confirmation.store.js'
import { readUserCode } from './device-user-code.js'
import { InvalidUserCodeError } from './device.errors.js'

/** What the person is asked in the end. */
export interface Question {
  readonly device: PendingDevice
  /** Who they are about to let the device be. */
  readonly email: string | null
  readonly provider: ProviderName
}

/** A person lets a device in, or turns it away (RFC 8628 §3.3). */
@Injectable()
export class DeviceApproval {
  constructor(
    private readonly codes: DeviceCodeStore,
    private readonly confirmations: DeviceConfirmations,
    private readonly accounts: AccountStore,
    private readonly loginService: LoginService,
    private readonly providers: Providers,
  ) {}

  /** @throws InvalidUserCodeError  the same for a code that is unknown, expired or decided */
  async waiting(typed: string): Promise<PendingDevice> {
    const userCode = readUserCode(typed)
    const device = userCode === null ? null : await this.codes.findByUserCode(userCode)
    if (!device) throw new InvalidUserCodeError()
    return device
  }

  /**
   * Where this browser can log in for the device, at every provider there is.
   *
   * @throws ProviderNotConfiguredError  there is none
   */
  async logins(
    { hash }: PendingDevice,
    browserSecret: string,
  ): Promise<{ provider: ProviderName; url: string }[]> {
    const door: Door = { door: 'device', deviceHash: hash.toString('base64url') }
    const offered = this.providers.offered()
    if (offered.length === 0) throw new ProviderNotConfiguredError(null)
    return Promise.all(
      offered.map(async (provider) => ({
        provider,
        url: await this.loginService.begin(provider, door, browserSecret),
      })),
    )
  }

  /**
   * @throws InvalidLoginStateError  not of this browser, used, too old, or the account is gone
   * @throws InvalidUserCodeError    the device does not wait any more
   */
  async question(state: string, browserSecret: string | null): Promise<Question> {
    const confirmation = await this.confirmations.find(state, browserSecret)
    const account = confirmation && (await this.accounts.find(confirmation.accountId))
    if (!account) throw new InvalidLoginStateError()
    const device = await this.codes.find(Buffer.from(confirmation.device, 'base64url'))
    if (!device) throw new InvalidUserCodeError()
    return { device, email: account.email, provider: confirmation.provider }
  }

  /**
   * Uses the state up.
   *
   * @throws InvalidLoginStateError  not of this browser, used, or too old
   * @throws InvalidUserCodeError    the device does not wait any more, or the account is gone
   */
  async decide(state: string, browserSecret: string | null, kind: Decision['kind']): Promise<void> {
    const confirmation = await this.confirmations.take(state, browserSecret)
    if (!confirmation) throw new InvalidLoginStateError()
    const { device, accountId, provider } = confirmation
    const decision: Decision = kind === 'denied' ? { kind } : { kind, accountId, provider }
    const isDecided = await this.codes.decide(Buffer.from(device, 'base64url'), decision)
    if (!isDecided) throw new InvalidUserCodeError()
  }
}
