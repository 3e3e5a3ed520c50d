import { describe, expect, it } from '@jest/globals'

import { BusAwayError } from '../../src/instances/bus.js'
import { Instances } from '../../src/instances/instances.js'
import type { MessageOf } from '../../src/instances/messages.js'
import { FaultProxy } from '../support/fault-proxy.js'
import { startHub, type StartOptions, type TestHub } from '../support/hub.js'
import { HubProcess } from '../support/hub-process.js'
import { freePort } from '../support/free-port.js'
import { NotificationThief } from '../support/notification-thief.js'
import { cloneDatabase, type TestDatabase } from '../support/postgres.js'
import { RedisProcess } from '../support/redis-process.js'
import { until } from '../support/until.js'
import { withRedis } from '../support/with-redis.js'

function instancesOf(hub: TestHub): Instances {
  return hub.app.get(Instances)
}

/** What an instance hears of one kind that others ask with. */
function listen(instances: Instances): { n: number; from: string; body: string }[] {
  const heard: { n: number; from: string; body: string }[] = []
  instances.on('presence_query', ({ n }, from, body) => heard.push({ n, from, body: String(body) }))
  return heard
}

function ask(n: number): MessageOf<'presence_query'> {
  return { kind: 'presence_query', n, nodes: [] }
}

async function rowsOf(database: TestDatabase): Promise<{ instances: string[]; places: string[] }> {
  const [row] = await database.query<{ instances: string[]; places: string[] }>(
    `SELECT ARRAY(SELECT id FROM instances ORDER BY id) AS instances,
            ARRAY(SELECT place FROM places ORDER BY place) AS places`,
  )
  return row ?? { instances: [], places: [] }
}

function several(name: string, options: () => Promise<StartOptions & AsyncDisposable>): void {
  describe(`instances of one hub, over ${name}`, () => {
    it('know each other before the second one serves, and find what the first one held', async () => {
      await using shared = await options()
      await using database = await cloneDatabase()
      await using first = await startHub({ ...shared, database })
      const one = instancesOf(first)
      const stamps: number[] = []
      one.onUp((stamp) => stamps.push(stamp))
      const [held, left] = [one.place('node', 'held'), one.place('node', 'left')]
      expect(one.isAlone).toBe(true)
      expect([await one.take(held), await one.take(held), await one.take(left)]).toEqual([
        null,
        null,
        null,
      ])
      one.leave(held)
      one.leave(left)
      expect(await one.taken([held, left])).toEqual([true, false])
      expect((await rowsOf(database)).places).toEqual([])

      await using second = await startHub({ ...shared, database })

      const two = instancesOf(second)
      expect([[...one.others], [...two.others]]).toEqual([[two.id], [one.id]])
      expect(await two.taken([held, left])).toEqual([true, false])
      expect(stamps).toHaveLength(1)
      expect(await two.take(held)).toBeGreaterThan(stamps[0]!)
    })

    it('talk to all, to one, and to whoever has taken a place', async () => {
      await using shared = await options()
      await using database = await cloneDatabase()
      await using first = await startHub({ ...shared, database })
      await using second = await startHub({ ...shared, database })
      await using third = await startHub({ ...shared, database })
      const [one, two, three] = [first, second, third].map(instancesOf) as [
        Instances,
        Instances,
        Instances,
      ]
      const [atOne, atTwo, atThree] = [listen(one), listen(two), listen(three)]
      const place = one.place('call', 'of two')
      await two.take(place)
      await one.take(place)

      await one.toAll(ask(1), 'to all')
      await one.toInstance(three.id, ask(2), Buffer.from([0, 255]))
      expect(await one.toPlace(place, ask(3))).toBe(true)
      expect(await one.toPlace(one.place('call', 'of nobody'), ask(4))).toBe(false)

      await until(() => atOne.length + atTwo.length + atThree.length >= 5)
      const from = one.id
      expect(atOne).toEqual([{ n: 3, from, body: '' }])
      expect(new Set(atTwo)).toEqual(
        new Set([
          { n: 1, from, body: 'to all' },
          { n: 3, from, body: '' },
        ]),
      )
      expect(new Set(atThree)).toEqual(
        new Set([
          { n: 1, from, body: 'to all' },
          { n: 2, from, body: '\0\ufffd' },
        ]),
      )
    })

    it('part when one stops, and leave nothing behind', async () => {
      await using shared = await options()
      await using database = await cloneDatabase()
      await using first = await startHub({ ...shared, database })
      const one = instancesOf(first)
      const gone: string[] = []
      one.onGone((instance) => gone.push(instance))
      const second = await startHub({ ...shared, database })
      const two = instancesOf(second)
      const place = two.place('node', 'anybody')
      await two.take(place)

      await second[Symbol.asyncDispose]()

      await until(() => one.isAlone)
      expect(gone).toEqual([two.id])
      expect(await rowsOf(database)).toEqual({ instances: [one.id], places: [] })
    })

    it('part from one that was killed, and what it held is nobody’s', async () => {
      await using shared = await options()
      await using database = await cloneDatabase()
      await using first = await startHub({ ...shared, database })
      const one = instancesOf(first)
      const killed = await HubProcess.start({
        ...shared.env,
        PORT: String(await freePort()),
        PUBLIC_URL: 'http://127.0.0.1:8000',
        DATABASE_URL: database.url,
        SECRET_KEY: first.config.tokens.secretKey.reveal(),
      })
      await until(() => !one.isAlone)
      const [other = ''] = one.others
      await database.query('INSERT INTO places VALUES ($1, $2), ($1, $3)', ['its', other, 'no one'])
      await killed.kill()
      // Another one does not wait for it.
      await using third = await startHub({ ...shared, database })

      await until(() => !one.others.has(other))
      await until(async () => (await rowsOf(database)).places.length === 0)
      expect((await rowsOf(database)).instances).toEqual([one.id, instancesOf(third).id].sort())
    })

    it('that were taken for dead take everything again', async () => {
      await using shared = await options()
      await using database = await cloneDatabase()
      await using first = await startHub({ ...shared, database })
      await using second = await startHub({ ...shared, database })
      const [one, two] = [first, second].map(instancesOf) as [Instances, Instances]
      const place = one.place('node', 'anybody')
      await two.take(place)
      const joined: string[] = []
      one.onJoined((instance) => joined.push(instance))

      // As `one` does with an instance that has not been heard of for five seconds.
      await database.query('DELETE FROM places')
      await database.query('DELETE FROM instances WHERE id = $1', [two.id])
      await until(async () => (await rowsOf(database)).instances.length === 2)

      await until(async () => (await one.taken([place]))[0] === true)
      await until(() => one.others.has(two.id))
    })
  })
}

several('Postgres', () => Promise.resolve({ [Symbol.asyncDispose]: () => Promise.resolve() }))
withRedis(() => {
  several('Redis', async () => {
    const redis = await RedisProcess.start(await freePort())
    return {
      env: { REDIS_URL: redis.url },
      [Symbol.asyncDispose]: () => redis[Symbol.asyncDispose](),
    }
  })
})

describe('an instance whose Postgres is away', () => {
  it('keeps the others it knew, reaches nobody, and goes on when it is back', async () => {
    await using database = await cloneDatabase()
    await using wire = await FaultProxy.before(database.url)
    const databaseUrl = wire.through(database.url)
    await using first = await startHub({ database, databaseUrl })
    await using second = await startHub({ database, databaseUrl })
    const [one, two] = [first, second].map(instancesOf) as [Instances, Instances]
    const [heard, place] = [listen(two), one.place('node', 'anybody')]
    await two.take(place)

    wire.cut()
    await until(() => !one.isUp && !two.isUp)
    await expect(one.toPlace(place, ask(1))).rejects.toThrow(BusAwayError)
    expect(await one.take(one.place('node', 'somebody'))).toBeNull()
    // Long enough for the table to have been asked.
    await until(() => first.logLines.some((line) => line.includes('is away')))
    expect([[...one.others], [...two.others]]).toEqual([[two.id], [one.id]])
    wire.restore()
    await until(() => one.isUp && two.isUp)

    await until(() => one.toPlace(place, ask(2)).catch(() => false))
    await until(() => heard.length > 0)
    expect(heard.map(({ n }) => n)).toEqual([2])
    expect(await two.taken([one.place('node', 'somebody')])).toEqual([true])
  })

  it('stops all the same, also when Postgres says nothing', async () => {
    await using database = await cloneDatabase()
    await using wire = await FaultProxy.before(database.url)
    const first = await startHub({ database, databaseUrl: wire.through(database.url) })
    await using second = await startHub({ database })
    wire.freeze()
    await first.app.close()
    await until(() => instancesOf(second).isAlone)
    wire.restore()
  })

  it('whose listening connection somebody ends listens again', async () => {
    await using database = await cloneDatabase()
    await using first = await startHub({ database })
    await using second = await startHub({ database })
    const [one, two] = [first, second].map(instancesOf) as [Instances, Instances]
    const heard = listen(two)
    const ended = await database.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE application_name = $1 AND datname = current_database()`,
      [`dpc-federation-hub ${two.id}`],
    )
    expect(ended).toHaveLength(1)
    await until(() => !two.isUp)
    await until(() => two.isUp)
    await one.toInstance(two.id, ask(1))
    await until(() => heard.length === 1)
  })
})

describe('an instance that reaches Postgres through a pooler of transactions', () => {
  it('says so, names the variable, and serves alone', async () => {
    await using database = await cloneDatabase()
    await using thief = await NotificationThief.before(database.url)
    await using hub = await startHub({ database, databaseUrl: thief.through(database.url) })
    await until(() => hub.logLines.some((line) => line.includes('DATABASE_URL')))
    expect(instancesOf(hub).isUp).toBe(false)
    const [alice, bob] = [await hub.connectNode(), await hub.connectNode()]
    alice.signal(bob, 1)
    expect((await bob.next()).payload).toBe(1)
  })
})
