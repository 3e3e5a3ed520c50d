import { describe, expect, it } from '@jest/globals'
import { WebSocket } from 'ws'

import { askedBy, handOver } from '../support/answers.js'
import type { Carrier } from '../support/carriers.js'
import { FaultProxy } from '../support/fault-proxy.js'
import { freePort } from '../support/free-port.js'
import { startHub } from '../support/hub.js'
import { at, startHubs, type TestHubs } from '../support/hubs.js'
import type { TestNode, TestSocket } from '../support/test-node.js'
import { RedisProcess } from '../support/redis-process.js'
import { until } from '../support/until.js'
import { withRedis } from '../support/with-redis.js'
import { selfSigned } from '../support/x509.js'

function twoOver(carrier: Carrier): Promise<TestHubs> {
  return startHubs(2, carrier, { env: { RATE_LIMIT_ENABLED: 'false' } })
}

/** Resolves when signals get from one to the other again. */
function reachable(asker: TestNode, target: TestNode): Promise<void> {
  return until(async () => (await askedBy(asker, target, 'again')) === 'ack')
}

function away(carrier: Carrier): void {
  describe(`while what carries messages between instances is away (${carrier})`, () => {
    it('a signal to a node elsewhere is relay_failed at once, and one to a node here arrives', async () => {
      await using hubs = await twoOver(carrier)
      const [alice, carol] = [await hubs.at(0).connectNode(), await hubs.at(0).connectNode()]
      const bob = await hubs.at(1).connectNode()
      await handOver(alice, bob, 'before')
      expect(await bob.next()).toMatchObject({ payload: 'before' })
      for (const wire of hubs.carrier.wires) wire.cut()
      await until(async () => (await askedBy(alice, bob)) === 'relay_failed')

      for (let n = 0; n < 100; n++) expect(await askedBy(alice, bob)).toBe('relay_failed')
      // Whether there is such a node cannot be known either.
      expect(await askedBy(alice, { id: selfSigned().nodeId })).toBe('relay_failed')
      expect(await askedBy(alice, { id: 'no node at all' })).toBe('target_offline')
      await handOver(alice, carol, 'local')
      expect(await carol.next()).toMatchObject({ payload: 'local' })

      for (const wire of hubs.carrier.wires) wire.restore()
      await reachable(alice, bob)
      expect(await bob.next()).toMatchObject({ payload: 'again' })
    })

    it('silently, signals are relay_failed two seconds after they were sent', async () => {
      await using hubs = await twoOver(carrier)
      const [alice, bob] = [await hubs.at(0).connectNode(), await hubs.at(1).connectNode()]
      for (const wire of hubs.carrier.wires) wire.freeze()
      const sentAt = performance.now()

      expect(await askedBy(alice, bob)).toBe('relay_failed')

      expect(performance.now() - sentAt).toBeLessThan(5 * 2_000)
      for (const wire of hubs.carrier.wires) wire.restore()
      await reachable(alice, bob)
      // What was reported as lost never arrives.
      while ((await bob.next()).payload !== 'again');
    })
  })
}

away('postgres')
withRedis(() => {
  away('redis')

  describe('while the carrier is away for one instance alone', () => {
    it('its nodes are never called offline, by those who are not cut off', async () => {
      await using redis = await RedisProcess.start(await freePort())
      await using wire = await FaultProxy.before(redis.url)
      const env = { REDIS_URL: redis.url, RATE_LIMIT_ENABLED: 'false' }
      await using here = await startHub({ env })
      await using there = await startHub({
        database: here.database,
        env: { ...env, PUBLIC_URL: here.url, REDIS_URL: wire.through(redis.url) },
      })
      const [alice, bob] = [await here.connectNode(), await there.connectNode()]
      const told = new Set<string>()
      for (let cut = 0; cut < 20; cut++) {
        wire.reset()
        await until(async () => {
          const answer = await askedBy(alice, bob)
          told.add(answer)
          return answer === 'ack'
        })
      }
      expect(told).toEqual(new Set(['ack', 'relay_failed']))
      // Of one that is at neither it is known.
      const nobody = await here.registeredNode()
      expect(await askedBy(alice, nobody)).toBe('target_offline')
    })
  })

  describe('a signal whose answer is lost on the way', () => {
    it('is answered when the carrier is back, by what became of it', async () => {
      await using hubs = await twoOver('redis')
      const [wire] = hubs.carrier.wires
      const [alice, bob] = [await hubs.at(0).connectNode(), await hubs.at(1).connectNode()]
      await handOver(alice, bob, 'first')
      await bob.next()
      let isAnswered = 0
      for (let n = 0; n < 30; n++) {
        const answer = askedBy(alice, bob, n)
        // Handed over; whether alice hears of that depends on how quick she is.
        expect((await bob.next()).payload).toBe(n)
        wire!.reset()
        if ((await answer) === 'ack') isAnswered++
        await reachable(alice, bob)
        while ((await bob.next()).payload !== 'again');
      }
      // Of a busy machine a few may come back later than after the two seconds that an answer has.
      expect(isAnswered).toBeGreaterThan(20)
    })
  })

  describe('a node that connects to both instances while nothing gets from one to the other', () => {
    it('is left with one connection when that is over', async () => {
      await using hubs = await twoOver('redis')
      const [wire] = hubs.carrier.wires
      const [alice, bob] = [await hubs.at(0).connectNode(), await hubs.at(1).connectNode()]
      wire!.cut()
      await until(async () => (await askedBy(alice, bob)) === 'relay_failed')
      const node = await hubs.registeredNode()
      const sockets = [await node.connect(hubs.at(0)), await at(hubs.at(1), node).connect()]
      expect(openOf(sockets)).toHaveLength(2)

      wire!.restore()

      // They were seconds apart at most, and nobody knows which is newer: it may connect again.
      const { code } = await Promise.race(sockets.map(({ closed }) => closed))
      expect([1012, 4500]).toContain(code)
      const [left] = openOf(sockets)
      for (const sender of [alice, bob]) {
        await reachable(sender, node)
        while ((await left!.next()).payload !== 'again');
      }
      expect(openOf(sockets)).toEqual([left])
    })

    it('and that was connected before is left with the newer one: the older gets 4500', async () => {
      await using hubs = await twoOver('redis')
      const [wire] = hubs.carrier.wires
      const [alice, bob] = [await hubs.at(0).connectNode(), await hubs.at(1).connectNode()]
      const older = await hubs.at(0).connectNode()
      wire!.cut()
      await until(async () => (await askedBy(alice, bob)) === 'relay_failed')
      const newer = at(hubs.at(1), older)
      await newer.connect()

      wire!.restore()

      expect([1012, 4500]).toContain((await older.closed).code)
      await reachable(alice, newer)
      expect(await newer.next()).toMatchObject({ sender_node_id: alice.id })
    })
  })

  describe('what happened while nothing got from one instance to the other', () => {
    it('is found as soon as that is over', async () => {
      await using hubs = await twoOver('redis')
      const [wire] = hubs.carrier.wires
      const [alice, bob] = [await hubs.at(0).connectNode(), await hubs.at(1).connectNode()]
      const ended = await hubs.at(1).connectNode()
      const renamed = await hubs.at(1).connectNode({ idLength: 16 })
      const long = selfSigned({ key: renamed.identity.privateKey, idLength: 32 })
      wire!.cut()
      await until(async () => (await askedBy(alice, bob)) === 'relay_failed')
      expect((await at(hubs.at(0), ended).fetch('POST', '/logout')).status).toBe(200)
      await (await hubs.at(0).nodeOf(long, renamed.accountId)).register()
      expect(await ended.socket.settled()).toEqual([])

      wire!.restore()
      const restoredAt = performance.now()

      expect((await ended.closed).code).toBe(4501)
      // Not only by the look that is taken every 30 s.
      expect(performance.now() - restoredAt).toBeLessThan(5 * 2_000)
      await until(async () => {
        await handOver(renamed, bob, 'my name')
        for (;;) {
          const { payload, sender_node_id } = await bob.next()
          if (payload === 'my name') return sender_node_id === long.nodeId
        }
      })
    })
  })
})

function openOf(sockets: readonly TestSocket[]): TestSocket[] {
  return sockets.filter(({ socket }) => socket.readyState === WebSocket.OPEN)
}
