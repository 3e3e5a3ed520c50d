import { randomBytes } from 'node:crypto'

import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'

import { Logger } from '../../src/common/logger.js'
import { Secret } from '../../src/common/secret.js'
import { DataKey } from '../../src/database/data-key.js'
import { BusAwayError } from '../../src/instances/bus.js'
import { RedisBus } from '../../src/instances/bus.redis.js'
import { Correspondence } from '../../src/instances/correspondence.js'
import { slotOf } from '../../src/redis/cluster-slot.js'
import { redisAddress } from '../../src/redis/redis-address.js'
import { BusEnd, EVERYBODY, somePlace } from '../support/bus-end.js'
import { FaultProxy } from '../support/fault-proxy.js'
import { freePort } from '../support/free-port.js'
import { RedisCluster } from '../support/redis-cluster.js'
import { RedisProcess } from '../support/redis-process.js'
import { until } from '../support/until.js'
import { withRedis } from '../support/with-redis.js'

/** Noticed within 2 s; a machine under load may take five times as long. */
const NOTICED_MS = 5 * 2_000

const lines: string[] = []
const logger = new Logger({
  level: 'warn',
  format: 'json',
  destination: { write: (line) => lines.push(line) },
})
const ends: BusEnd[] = []

function endAt(url: string): BusEnd {
  const addresses = url.split(',').map((each) => redisAddress(new Secret(each)))
  const end = new BusEnd(new RedisBus(addresses, 'tag', logger))
  ends.push(end)
  return end
}

async function twoAt(url: string): Promise<[BusEnd, BusEnd]> {
  const [alice, bob] = [endAt(url), endAt(url)]
  await Promise.all([alice.up(), bob.up()])
  return [alice, bob]
}

/** Everything bob has taken is found by alice, and what she sends there comes. */
async function expectToFind(alice: BusEnd, bob: BusEnd, places: readonly string[]): Promise<void> {
  expect((await alice.bus.taken(places)).every(Boolean)).toBe(true)
  for (const place of places) expect(await alice.bus.toPlace(place, Buffer.from(place))).toBe(true)
  expect((await bob.texts(places.length)).sort()).toEqual([...places].sort())
}

afterEach(async () => {
  await Promise.all(ends.splice(0).map((end) => end[Symbol.asyncDispose]()))
  lines.length = 0
})

withRedis(() => {
  describe('a Redis', () => {
    it('that is stopped is noticed, and tells nothing old when it goes on', async () => {
      await using redis = await RedisProcess.start(await freePort())
      const [alice, bob] = await twoAt(redis.url)
      const key = new DataKey(randomBytes(32))
      const [writer, reader] = [
        new Correspondence(key, alice.bus.id, EVERYBODY),
        new Correspondence(key, bob.bus.id, EVERYBODY),
      ]
      const heard: number[] = []
      bob.bus.onMessage((bytes) => reader.receive(bytes))
      reader.on('presence_query', ({ n }) => heard.push(n))
      const place = somePlace()
      const say = (n: number): Promise<boolean> =>
        alice.bus.toPlace(place, writer.seal({ kind: 'presence_query', n, nodes: [] }, '', place))
      await bob.bus.take([place])
      await say(1)

      redis.freeze()
      const frozenAt = performance.now()
      const sent = [2, 3].map((n) => say(n).catch((error: unknown) => error))
      await until(() => !alice.bus.isUp && !bob.bus.isUp)
      const noticedMs = performance.now() - frozenAt
      for (const outcome of await Promise.all(sent)) expect(outcome).toBeInstanceOf(BusAwayError)
      redis.thaw()
      await Promise.all([alice.up(2), bob.up(2)])
      expect(await say(4)).toBe(true)
      await until(() => heard.includes(4))

      expect(heard).toEqual([1, 4])
      expect(noticedMs).toBeLessThan(NOTICED_MS)
    })

    it('that is killed and comes back empty has everything again', async () => {
      await using redis = await RedisProcess.start(await freePort())
      const [alice, bob] = await twoAt(redis.url)
      const places = Array.from({ length: 100 }, somePlace)
      await bob.bus.take(places)

      await redis.kill()
      await until(() => !alice.bus.isUp && !bob.bus.isUp)
      await redis.restart()
      await Promise.all([alice.up(2), bob.up(2)])

      await expectToFind(alice, bob, places)
    })

    it('that takes nothing in is not fed without end', async () => {
      await using redis = await RedisProcess.start(await freePort())
      await using wire = await FaultProxy.before(redis.url)
      const alice = endAt(wire.through(redis.url))
      await alice.up()
      wire.freeze()
      const frame = Buffer.alloc(65_536)
      const outcomes = await Promise.allSettled(
        Array.from({ length: 1_000 }, () => alice.bus.toAll(frame)),
      )
      const errors = outcomes.map((outcome) => outcome.status === 'rejected' && outcome.reason)
      expect(errors.every((error) => error instanceof BusAwayError)).toBe(true)
      const refused = errors.filter((error: BusAwayError) => !error.mayHaveArrived)
      expect(refused.length).toBeGreaterThan(1_000 - 16 * 17)
    })

    it('lets in who has the password, and of others it is told once, without the password', async () => {
      await using redis = await RedisProcess.start(await freePort(), [
        ...['--user', 'default', 'off'],
        ...['--user', 'hub', 'on', '>pa:ss/wört', '&hub:*', '+@all'],
      ])
      const [alice, bob] = await twoAt(
        `redis://hub:${encodeURIComponent('pa:ss/wört')}@127.0.0.1:${redis.port}`,
      )
      await alice.bus.toInstance(bob.bus.id, Buffer.from('in'))
      expect(await bob.texts(1)).toEqual(['in'])
      expect(await alice.bus.toInstance('0'.repeat(16), Buffer.from('out'))).toBe(false)

      const stranger = endAt(`redis://hub:guess@127.0.0.1:${redis.port}`)
      await until(() => lines.length > 0)
      expect(stranger.bus.isUp).toBe(false)
      expect(lines).toHaveLength(1)
      expect(lines[0]).toMatch(/REDIS_URL: .*WRONGPASS/)
      expect(lines[0]).not.toMatch(/guess/)
    })

    it('that is not there is told once, with the reason, and used as soon as it is', async () => {
      const port = await freePort()
      const alice = endAt(`redis://127.0.0.1:${port}`)
      await until(() => lines.length > 0)
      expect(lines[0]).toMatch(/REDIS_URL: .*ECONNREFUSED/)
      await using redis = await RedisProcess.startAt(port, [])
      await alice.up()
      expect([redis.port, lines.length]).toEqual([port, 1])
    })

    it('that knows no sharded channels is not used, and that is told', async () => {
      await using redis = await RedisProcess.start(await freePort(), [
        ...['--rename-command', 'SSUBSCRIBE', ''],
      ])
      const { bus } = endAt(redis.url)
      await until(() => lines.length > 0)
      expect(lines[0]).toMatch(/REDIS_URL: .*version 7/)
      expect(bus.isUp).toBe(false)
    })
  })

  describe('a cluster', () => {
    let cluster: RedisCluster
    beforeAll(async () => {
      cluster = await RedisCluster.start({ hasReplica: true })
    })
    afterAll(async () => cluster[Symbol.asyncDispose]())

    it('is found whole from the address of any member, a replica too', async () => {
      const urls = cluster.url.split(',')
      const all = urls.map(endAt)
      await Promise.all(all.map((end) => end.up()))
      const places = Array.from({ length: 30 }, somePlace)
      const [first, ...others] = all as [BusEnd, ...BusEnd[]]
      await first.bus.take(places)
      for (const other of others) await expectToFind(other, first, places)
    })

    it('whose slots move to another master while it carries loses no place', async () => {
      const [alice, bob] = await twoAt(cluster.url)
      const places = Array.from({ length: 30 }, somePlace)
      await bob.bus.take(places)
      const moving = places.filter((place) => slotOf(`hub:tag:p:${place}`) < 16_384 / 3).slice(0, 5)
      expect(moving.length).toBeGreaterThan(0)

      for (const place of moving) await cluster.moveSlot(slotOf(`hub:tag:p:${place}`), 0, 1)
      await bob.up(2)
      await until(async () => (await alice.bus.taken(places).catch(() => [false])).every(Boolean))

      await until(() => alice.bus.isUp && bob.bus.isUp)
      await expectToFind(alice, bob, places)
    })

    it('of which one master is stopped is away as a whole until that goes on', async () => {
      const [alice, bob] = await twoAt(cluster.url)
      const places = Array.from({ length: 30 }, somePlace)
      await bob.bus.take(places)
      cluster.members[1]!.server.freeze()
      await until(() => !alice.bus.isUp && !bob.bus.isUp)
      for (const place of places) {
        await expect(alice.bus.toPlace(place, Buffer.from('x'))).rejects.toThrow(BusAwayError)
      }
      cluster.members[1]!.server.thaw()
      await Promise.all([alice.up(2), bob.up(2)])
      await expectToFind(alice, bob, places)
    })

    it('whose master is killed goes on when its replica has taken over', async () => {
      const [alice, bob] = await twoAt(cluster.url)
      const places = Array.from({ length: 30 }, somePlace)
      await bob.bus.take(places)

      await cluster.members[0]!.server.kill()
      await until(() => !alice.bus.isUp && !bob.bus.isUp)
      await expect(alice.bus.toAll(Buffer.from('x'))).rejects.toThrow(BusAwayError)
      // At once, not when the others have given the master up.
      await cluster.members[3]!.client.call('CLUSTER', 'FAILOVER', 'TAKEOVER')
      await Promise.all([alice.up(2), bob.up(2)])

      await expectToFind(alice, bob, places)
    })
  })
})
