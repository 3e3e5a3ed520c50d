import { randomBytes, randomUUID } from 'node:crypto'

import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { Redis } from 'ioredis'

import { Clock } from '../../src/common/clock.js'
import { Logger } from '../../src/common/logger.js'
import { Secret } from '../../src/common/secret.js'
import { DataKey } from '../../src/database/data-key.js'
import { StoppedClock, throttlerStorageContract } from './throttler-storage.contract.js'
import { MemoryThrottlerStorage } from '../../src/limits/throttler-storage.memory.js'
import { RedisThrottlerStorage } from '../../src/limits/throttler-storage.redis.js'
import { RedisCommands } from '../../src/redis/redis-commands.js'
import { type RunningCarrier, startCarrier } from '../support/carriers.js'
import { until } from '../support/until.js'
import { withRedis } from '../support/with-redis.js'

const MINUTE_MS = 60_000
/** Longer than a hub waits, so that a busy machine does not look like a Redis that is away. */
const SHORT_MS = 1_000
const silent = new Logger({ level: 'silent', format: 'json' })

describe.each(['redis', 'cluster'] as const)('counting in Redis: %s', (kind) => {
  withRedis(() => {
    const opened: { storage: RedisThrottlerStorage; redis: RedisCommands }[] = []
    let carrier: RunningCarrier

    beforeAll(async () => {
      carrier = await startCarrier(kind, '')
    })

    afterEach(() => {
      for (const wire of carrier.wires) wire.restore()
      for (const { storage, redis } of opened.splice(0)) {
        storage.onApplicationShutdown()
        redis.onApplicationShutdown()
      }
    })

    afterAll(async () => {
      await carrier[Symbol.asyncDispose]()
    })

    /** An instance's storage, connected. */
    async function open(
      clock: Clock | null,
      { key = randomBytes(32), patienceMs = 10_000 } = {},
    ): Promise<RedisThrottlerStorage> {
      const urls = (carrier.env.REDIS_URL ?? '').split(',').map((url) => new Secret(url))
      const redis = new RedisCommands(urls)
      const memory = new MemoryThrottlerStorage(clock ?? new Clock())
      const dataKey = new DataKey(key)
      const storage = new RedisThrottlerStorage(redis, memory, dataKey, silent, patienceMs, clock)
      opened.push({ storage, redis })
      await until(() => redis.client.status === 'ready')
      return storage
    }

    /** All of what stands in Redis, by key, with the milliseconds it is kept. */
    async function contents(): Promise<Map<string, { values: string[]; ttl: number }>> {
      const found = new Map<string, { values: string[]; ttl: number }>()
      for (const { url } of carrier.servers) {
        const client = new Redis(url)
        for (const key of await client.keys('*')) {
          found.set(key, { values: await client.lrange(key, 0, -1), ttl: await client.pttl(key) })
        }
        client.disconnect()
      }
      return found
    }

    throttlerStorageContract((clock) => open(clock))

    it('is in common for all instances of a hub, and for none of another hub', async () => {
      const key = randomBytes(32)
      const clock = new StoppedClock()
      const [one, other, another] = [
        await open(clock, { key }),
        await open(clock, { key }),
        await open(clock),
      ]
      const who = randomUUID()

      await one.increment(who, MINUTE_MS, 1)

      expect(await other.increment(who, MINUTE_MS, 1)).toMatchObject({ isBlocked: true })
      expect(await another.increment(who, MINUTE_MS, 1)).toMatchObject({ isBlocked: false })
    })

    it('goes by the clock of Redis, not by that of the instance', async () => {
      const storage = await open(null)
      const before = new Set((await contents()).keys())
      const client = new Redis(carrier.servers[0]!.url)
      const [seconds = 0] = await client.time()
      client.disconnect()
      const isAhead = jest.spyOn(Date, 'now').mockReturnValue((seconds + 3_600) * 1_000)

      await storage.increment(randomUUID(), MINUTE_MS, 1)
      isAhead.mockRestore()

      const [written] = [...(await contents())].filter(([key]) => !before.has(key))
      const ends = Number(written?.[1].values[0])
      expect(ends).toBeGreaterThanOrEqual(seconds * 1_000 + MINUTE_MS)
      expect(ends).toBeLessThan((seconds + 3_600) * 1_000)
    })

    it('writes nothing down of whom it counts, and nothing that lasts', async () => {
      const before = new Set((await contents()).keys())
      const storage = await open(new StoppedClock())
      const who = ['login:192.0.2.7', `upgrade:${'ab'.repeat(32)}`, 'profile:4503599627370497']

      for (const each of who) await storage.increment(each, MINUTE_MS, 3)

      const written = [...(await contents())].filter(([key]) => !before.has(key))
      expect(written).toHaveLength(who.length)
      for (const [key, { values, ttl }] of written) {
        expect(key).toMatch(/^hub:l:[\w-]{22}$/)
        expect(values).toEqual([expect.stringMatching(/^\d{13}$/)])
        expect(ttl).toBeGreaterThan(0)
        expect(ttl).toBeLessThanOrEqual(MINUTE_MS)
      }
    })

    it.each([
      ['cut', 'cut'],
      ['frozen', 'freeze'],
    ] as const)('goes on in memory while Redis is %s, and in Redis after that', async (_, fail) => {
      const storage = await open(new StoppedClock(), { patienceMs: SHORT_MS })
      const who = randomUUID()
      const hit = () => storage.increment(who, MINUTE_MS, 5)
      expect(await hit()).toMatchObject({ totalHits: 1 })

      for (const wire of carrier.wires) wire[fail]()
      const begun = performance.now()
      for (let totalHits = 1; totalHits <= 5; totalHits++) {
        expect(await hit()).toMatchObject({ totalHits, isBlocked: false })
      }
      expect(await hit()).toMatchObject({ isBlocked: true })
      // Promised once, not for each.
      expect(performance.now() - begun).toBeLessThan(5 * SHORT_MS)
      for (const wire of carrier.wires) wire.restore()

      // What was counted before is counted still, with the one that Redis may have read after all.
      let back = await hit()
      await until(async () => {
        back = await hit()
        return !back.isBlocked
      })
      expect([2, 3]).toContain(back.totalHits)
    })

    it('goes on when Redis comes back empty, and knows no script', async () => {
      const storage = await open(new StoppedClock())
      const who = randomUUID()
      await storage.increment(who, MINUTE_MS, 1)
      for (const { url } of carrier.servers) {
        const client = new Redis(url)
        await client.flushall()
        await client.script('FLUSH')
        client.disconnect()
      }

      expect(await storage.increment(who, MINUTE_MS, 1)).toMatchObject({ isBlocked: false })
      expect(await storage.increment(who, MINUTE_MS, 1)).toMatchObject({ isBlocked: true })
    })
  })
})
