import { createHash } from 'node:crypto'

import type { OnApplicationShutdown } from '@nestjs/common'
import type { ThrottlerStorage } from '@nestjs/throttler'
import { z } from 'zod'

import type { Clock } from '../common/clock.js'
import type { Logger } from '../common/logger.js'
import { within } from '../common/within.js'
import type { DataKey } from '../database/data-key.js'
import type { RedisCommands } from '../redis/redis-commands.js'
import type { MemoryThrottlerStorage } from './throttler-storage.memory.js'

/** A request waits so long for Redis, and is then counted here. */
const PATIENCE_MS = 200
/** How often it is tried whether Redis is back. */
const PROBE_MS = 1_000

/**
 * What the storage in memory does, in one step. Of `KEYS[1]` it drops the hits that count no more, then adds
 * this one unless that is one too many. Answers how many count with this one, the milliseconds until the
 * oldest ends, and whether this one is blocked. The time is Redis' own, so that instances need not agree.
 */
const SCRIPT = `
local ttl, limit, now = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local ends = string.format('%.0f', now + ttl)
local first = redis.call('LINDEX', KEYS[1], 0)
while first and tonumber(first) <= now do
  redis.call('LPOP', KEYS[1])
  first = redis.call('LINDEX', KEYS[1], 0)
end
local count = redis.call('LLEN', KEYS[1])
if count >= limit then
  return {count + 1, tonumber(first or now) - now, 1}
end
redis.call('RPUSH', KEYS[1], ends)
redis.call('PEXPIRE', KEYS[1], ttl)
return {count + 1, tonumber(first or ends) - now, 0}
`
const SCRIPT_SHA = createHash('sha1').update(SCRIPT).digest('hex')

const scriptReply = z.tuple([z.int(), z.int(), z.literal([0, 1])])

type Answer = Awaited<ReturnType<ThrottlerStorage['increment']>>

/**
 * Counts in Redis: the instances of a hub have their limits in common.
 *
 * Keys: `hub:l:<22 characters>`, a keyed hash of what is counted, so that no account, address or node stands
 * there; a list of when each hit stops counting (ms since the epoch). They go when the last hit stops
 * counting: after a minute, or an hour.
 *
 * While Redis is away each instance counts in memory, and begins at none. The first requests that notice
 * are held up for 200 ms, later ones not at all.
 */
export class RedisThrottlerStorage implements ThrottlerStorage, OnApplicationShutdown {
  private probing: NodeJS.Timeout | null = null

  constructor(
    private readonly redis: RedisCommands,
    private readonly memory: MemoryThrottlerStorage,
    private readonly dataKey: DataKey,
    private readonly logger: Logger,
    private readonly patienceMs = PATIENCE_MS,
    /** Instead of Redis' own, for tests. */
    private readonly clock: Clock | null = null,
  ) {}

  /** As the storage in memory. */
  async increment(key: string, ttl: number, limit: number): Promise<Answer> {
    if (this.probing) return this.memory.increment(key, ttl, limit)
    const place = `hub:l:${this.dataKey.mac('limit', key).toString('base64url', 0, 16)}`
    try {
      const late = (): Error => new SlowRedisError(this.patienceMs)
      return await within(this.patienceMs, this.count(place, ttl, limit), late)
    } catch (error) {
      this.fallBack(place, error)
      return this.memory.increment(key, ttl, limit)
    }
  }

  onApplicationShutdown(): void {
    this.memory.onApplicationShutdown()
    if (this.probing) clearInterval(this.probing)
  }

  private async count(place: string, ttl: number, limit: number): Promise<Answer> {
    const reply = await this.run(place, ttl, limit)
    const [totalHits, millisecondsLeft, isBlocked] = scriptReply.parse(reply)
    const secondsLeft = Math.ceil(millisecondsLeft / 1_000)
    return {
      totalHits,
      timeToExpire: secondsLeft,
      isBlocked: isBlocked === 1,
      timeToBlockExpire: isBlocked === 1 ? secondsLeft : 0,
    }
  }

  private async run(place: string, ttl: number, limit: number): Promise<unknown> {
    const { client } = this.redis
    const args = [ttl, limit, this.clock?.now() ?? '']
    try {
      return await client.evalsha(SCRIPT_SHA, 1, place, ...args)
    } catch (error) {
      // A Redis that was restarted, or has just joined, knows no scripts.
      if (!isNoScript(error)) throw error
      return client.eval(SCRIPT, 1, place, ...args)
    }
  }

  /** From now on in memory, until Redis answers about this place again: of a cluster the one that has it. */
  private fallBack(place: string, error: unknown): void {
    if (this.probing) return
    this.logger.warn('Redis is away: each instance counts requests by itself', {
      error: error instanceof Error ? error.message : String(error),
    })
    this.probing = setInterval(() => this.probe(place), PROBE_MS).unref()
  }

  /** Writes, in the slot of the place: one that may only be read is not back. */
  private probe(place: string): void {
    this.run(`{${place}}`, 1, 1).then(
      () => {
        if (!this.probing) return
        clearInterval(this.probing)
        this.probing = null
        this.logger.info('Redis is back: requests are counted in common')
      },
      () => undefined,
    )
  }
}

class SlowRedisError extends Error {
  constructor(patienceMs: number) {
    super(`Redis has not answered within ${patienceMs} ms`)
    this.name = 'SlowRedisError'
  }
}

function isNoScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOSCRIPT')
}
