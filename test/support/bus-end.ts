import { randomBytes } from 'node:crypto'

import type { Bus, Place } from '../../src/instances/bus.js'
import type { Company } from '../../src/instances/correspondence.js'

/** So many, that each master of a cluster has some of them. */
const ECHOES = 40
const ECHO = 'echo '

/** For a correspondence that listens to whoever has the data key. */
export const EVERYBODY: Company = {
  isMember: () => true,
  hears: () => true,
  introduce: () => undefined,
}

export function somePlace(): Place {
  return randomBytes(16).toString('base64url')
}

/** One instance's end of a bus, and what arrived there. */
export class BusEnd implements AsyncDisposable {
  /** Of `onUp`, in order. */
  readonly stamps: number[] = []
  private readonly arrived: Buffer[] = []
  private readonly waiting: ((bytes: Buffer) => void)[] = []
  private readonly awaitingUp: (() => void)[] = []
  private readonly echoes = Array.from({ length: ECHOES }, somePlace)
  private readonly echoed = new Map<string, () => void>()

  constructor(readonly bus: Bus) {
    bus.onMessage((bytes) => this.receive(bytes))
    bus.onUp((stamp) => {
      this.stamps.push(stamp)
      for (const resolve of this.awaitingUp.splice(0)) resolve()
    })
    bus.open()
  }

  /** Resolves when the carrier is there, for the so manieth time. */
  async up(times = 1): Promise<void> {
    while (this.stamps.length < times || !this.bus.isUp) {
      await new Promise<void>((resolve) => this.awaitingUp.push(resolve))
    }
  }

  next(): Promise<Buffer> {
    const bytes = this.arrived.shift()
    return bytes ? Promise.resolve(bytes) : new Promise((resolve) => this.waiting.push(resolve))
  }

  async texts(count: number): Promise<string[]> {
    const texts: string[] = []
    while (texts.length < count) texts.push(String(await this.next()))
    return texts
  }

  /** What has arrived and was not asked for, once all ways here have been gone through. */
  async settled(): Promise<string[]> {
    await this.bus.take(this.echoes)
    await Promise.all(
      this.echoes.map(async (place) => {
        const text = ECHO + somePlace()
        const back = new Promise<void>((resolve) => this.echoed.set(text, resolve))
        await this.bus.toPlace(place, Buffer.from(text))
        await back
      }),
    )
    return this.arrived.splice(0).map(String)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.bus.close()
  }

  private receive(bytes: Buffer): void {
    const echoed = bytes.length < 100 ? this.echoed.get(String(bytes)) : undefined
    const waiter = echoed ? undefined : this.waiting.shift()
    if (echoed) echoed()
    // NOTE: the bytes are the bus's again when this returns.
    else if (waiter) waiter(Buffer.from(bytes))
    else this.arrived.push(Buffer.from(bytes))
  }
}
