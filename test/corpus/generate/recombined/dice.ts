import { Random } from '../moduli.js'

/** Seeded draws: the same seed gives the same row everywhere. */
export class Dice {
  private readonly random: Random
  private block: Buffer = Buffer.alloc(0)

  constructor(seed: string) {
    this.random = new Random(seed)
  }

  /** A whole number from 0 to `limit` - 1; `limit` is small, so that no number is noticeably favoured. */
  below(limit: number): number {
    if (this.block.length < 4) this.block = this.random.bytes(32)
    const drawn = this.block.readUInt32BE(0)
    this.block = this.block.subarray(4)
    return drawn % limit
  }

  chance(percent: number): boolean {
    return this.below(100) < percent
  }

  pick<T>(list: readonly T[]): T {
    const item = list[this.below(list.length)]
    if (item === undefined) throw new Error('nothing to pick from')
    return item
  }

  /** One of the keys, each as often as its number says. */
  weighted<T>(shares: readonly (readonly [share: number, value: T])[]): T {
    let left = this.below(shares.reduce((sum, [share]) => sum + share, 0))
    for (const [share, value] of shares) {
      if (left < share) return value
      left -= share
    }
    throw new Error('nothing to pick from')
  }

  bytes(length: number): Buffer {
    return this.random.bytes(length)
  }

  shuffled<T>(list: readonly T[]): T[] {
    const rest = [...list]
    return list.flatMap(() => rest.splice(this.below(rest.length), 1))
  }
}
