import { randomBytes } from 'node:crypto'

import { describe, expect, it } from '@jest/globals'

import { Logger } from '../../src/common/logger.js'
import { Secret } from '../../src/common/secret.js'
import { DataKey } from '../../src/database/data-key.js'
import { createDataSource } from '../../src/database/data-source.js'
import { Database } from '../../src/database/database.js'
import { RedisBus } from '../../src/instances/bus.redis.js'
import { hubTag } from '../../src/instances/hub-tag.js'
import { redisAddress } from '../../src/redis/redis-address.js'
import { BusEnd, somePlace } from '../support/bus-end.js'
import { freePort } from '../support/free-port.js'
import { cloneDatabase } from '../support/postgres.js'
import { RedisProcess } from '../support/redis-process.js'
import { withRedis } from '../support/with-redis.js'

const KEY = new DataKey(randomBytes(32))

async function tagOf(url: string): Promise<string> {
  const dataSource = createDataSource(url, 'disable', { poolSize: 1 })
  await dataSource.initialize()
  const database = new Database(dataSource, dataSource, () => Promise.resolve())
  try {
    return await hubTag(database, KEY)
  } finally {
    await database.onApplicationShutdown()
  }
}

describe('the tag of a hub', () => {
  it('is the same for all its instances, and another for a copy of its database with the same key', async () => {
    await using database = await cloneDatabase()
    await using copy = await cloneDatabase()
    const tag = await tagOf(database.url)
    expect(tag).toMatch(/^[\w-]{12}$/)
    expect(await tagOf(database.url)).toBe(tag)
    expect(await tagOf(copy.url)).not.toBe(tag)
  })
})

withRedis(() => {
  it('two hubs on one Redis hear nothing of each other', async () => {
    await using redis = await RedisProcess.start(await freePort())
    const silent = new Logger({ level: 'silent', format: 'json' })
    const endOf = (tag: string): BusEnd =>
      new BusEnd(new RedisBus([redisAddress(new Secret(redis.url))], tag, silent))
    await using alice = endOf('one')
    await using bob = endOf('one')
    await using stranger = endOf('two')
    const ends = [alice, bob, stranger]
    await Promise.all(ends.map((end) => end.up()))
    const place = somePlace()
    await bob.bus.take([place])
    await stranger.bus.take([place])

    await alice.bus.toAll(Buffer.from('to all'))
    await alice.bus.toPlace(place, Buffer.from('to the place'))
    await alice.bus.toInstance(stranger.bus.id, Buffer.from('to the stranger'))
    await stranger.bus.toAll(Buffer.from('its own'))

    expect((await bob.texts(2)).sort()).toEqual(['to all', 'to the place'])
    expect(await stranger.settled()).toEqual(['its own'])
    expect(await alice.bus.listening([bob.bus.id, stranger.bus.id])).toEqual([true, false])
  })
})
