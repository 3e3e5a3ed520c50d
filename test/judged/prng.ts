/** A small generator with a seed (mulberry32): the same seed gives the same people on every machine. */
export class Prng {
  constructor(private state: number) {}

  /** In [0, 1). */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }

  /** An integer in [low, high], both included. */
  between(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1))
  }

  chance(probability: number): boolean {
    return this.next() < probability
  }

  pick<T>(from: readonly T[]): T {
    const picked = from[Math.floor(this.next() * from.length)]
    if (picked === undefined) throw new Error('nothing to pick from')
    return picked
  }

  /** One of them, as likely as its weight says. */
  weighted<T>(from: readonly T[], weightOf: (each: T) => number): T {
    let left = this.next() * from.reduce((sum, each) => sum + weightOf(each), 0)
    for (const each of from) {
      left -= weightOf(each)
      if (left < 0) return each
    }
    return this.pick(from)
  }

  shuffle<T>(these: readonly T[]): T[] {
    const shuffled = [...these]
    for (let at = shuffled.length - 1; at > 0; at--) {
      const other = this.between(0, at)
      ;[shuffled[at], shuffled[other]] = [shuffled[other] as T, shuffled[at] as T]
    }
    return shuffled
  }
}
