import { Injectable } from '@nestjs/common'

import { InvalidLoginStateError, type LoginFailure } from '../auth.errors.js'
import type { Arrival } from '../login.service.js'
import { DeviceCodeStore } from './device-code.store.js'
import { DeviceConfirmations } from './device-confirmation.store.js'

/** How a login ends that was for a device: at the hub's own pages, in the same browser. */
@Injectable()
export class DeviceDoor {
  constructor(
    private readonly codes: DeviceCodeStore,
    private readonly confirmations: DeviceConfirmations,
  ) {}

  /**
   * The address of the question whether to let the device in.
   *
   * @param device the device code's hash, base64url
   */
  async arrived(device: string, arrival: Arrival, browserSecret: string | null): Promise<string> {
    // A login that comes back without its cookie does not get here.
    if (browserSecret === null) throw new InvalidLoginStateError()
    const state = await this.confirmations.add({ device, ...arrival }, browserSecret)
    return `/device/confirm?${new URLSearchParams({ state }).toString()}`
  }

  /** The address of the page that says so, with the code filled in if the device still waits. */
  async failed(device: string, { word }: LoginFailure): Promise<string> {
    const waiting = await this.codes.find(Buffer.from(device, 'base64url'))
    const code = waiting ? { user_code: waiting.userCode } : {}
    return `/device?${new URLSearchParams({ ...code, error: word }).toString()}`
  }
}
