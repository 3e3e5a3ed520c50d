import type { Bus } from '../../src/instances/bus.js'

/** Marks the end of what was sent before it. */
const MARK = 'mark '

/** One instance's end of a bus, and what arrived there. */
export class BusEnd {
  readonly stamps: number[] = []
  private readonly arrived: Buffer[] = []
  private readonly waiting: ((bytes: Buffer) => void)[] = []
  private readonly onUp: (() => void)[] = []
  private marks = 0

  constructor(readonly bus: Bus) {
    bus.onMessage((bytes) => {
      const waiter = this.waiting.shift()
      if (waiter) waiter(bytes)
      else this.arrived.push(bytes)
    })
    bus.onUp((stamp) => {
      this.stamps.push(stamp)
      for (const resolve of this.onUp.splice(0)) resolve()
    })
    bus.open()
  }

  /** Resolves when the carrier is there. */
  up(): Promise<void> {
    return this.bus.isUp ? Promise.resolve() : new Promise((resolve) => this.onUp.push(resolve))
  }

  next(): Promise<Buffer> {
    const bytes = this.arrived.shift()
    return bytes ? Promise.resolve(bytes) : new Promise((resolve) => this.waiting.push(resolve))
  }

  /** What has arrived and was not asked for, once a message to itself has come round. */
  async settled(): Promise<Buffer[]> {
    const mark = `${MARK}${++this.marks}`
    await this.bus.toInstance(this.bus.id, Buffer.from(mark))
    const before: Buffer[] = []
    for (;;) {
      const bytes = await this.next()
      if (bytes.toString() === mark) return before
      before.push(bytes)
    }
  }
}
