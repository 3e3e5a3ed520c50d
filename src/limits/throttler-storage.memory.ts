import type { OnApplicationShutdown } from '@nestjs/common'
import type { ThrottlerStorage } from '@nestjs/throttler'

import type { Clock } from '../common/clock.js'

const SWEEP_MS = 60_000

type Answer = Awaited<ReturnType<ThrottlerStorage['increment']>>

/**
 * Counts in this process: every instance of a hub has limits of its own.
 *
 * The library's own storage keeps 750 bytes for a caller that came once, which every node that
 * connects is; this one keeps 150.
 */
export class MemoryThrottlerStorage implements ThrottlerStorage, OnApplicationShutdown {
  /** By key, when each hit that counts stops counting; the oldest first. */
  private readonly hits = new Map<string, number[]>()
  private readonly sweeping = setInterval(() => this.sweep(), SWEEP_MS).unref()

  constructor(private readonly clock: Clock) {}

  /**
   * Counts a hit of `key` for `ttl` milliseconds, unless `limit` hits count already: then it is
   * blocked and counts for nothing, until the oldest ends. Blocks are no longer than that: the
   * `blockDuration` of the library is not used here.
   */
  increment(key: string, ttl: number, limit: number): Promise<Answer> {
    const now = this.clock.now()
    const counted = this.counted(key, now)
    const isBlocked = counted.length >= limit
    const hits = isBlocked ? counted : this.add(key, counted, now + ttl)
    const secondsLeft = Math.ceil(((hits[0] ?? now) - now) / 1_000)
    return Promise.resolve({
      totalHits: hits.length + (isBlocked ? 1 : 0),
      timeToExpire: secondsLeft,
      isBlocked,
      timeToBlockExpire: isBlocked ? secondsLeft : 0,
    })
  }

  onApplicationShutdown(): void {
    clearInterval(this.sweeping)
  }

  private counted(key: string, now: number): number[] {
    const hits = this.hits.get(key) ?? []
    const first = hits.findIndex((expiresAt) => expiresAt > now)
    if (first !== 0) hits.splice(0, first === -1 ? hits.length : first)
    return hits
  }

  /** NOTE: an array born with its one hit is as small as can be; `push` would make room for 16 more. */
  private add(key: string, counted: number[], expiresAt: number): number[] {
    if (counted.length > 0) {
      counted.push(expiresAt)
      return counted
    }
    const hits = [expiresAt]
    this.hits.set(key, hits)
    return hits
  }

  private sweep(): void {
    const now = this.clock.now()
    for (const [key, hits] of this.hits) {
      if ((hits.at(-1) ?? 0) <= now) this.hits.delete(key)
    }
  }
}
