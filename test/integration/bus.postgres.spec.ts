import { describe, expect, it } from '@jest/globals'
import pg from 'pg'

import { Logger } from '../../src/common/logger.js'
import { createDataSource } from '../../src/database/data-source.js'
import { Database } from '../../src/database/database.js'
import { PostgresBus } from '../../src/instances/bus.postgres.js'
import { BusEnd } from '../support/bus-end.js'
import { FaultProxy } from '../support/fault-proxy.js'
import { cloneDatabase } from '../support/postgres.js'
import { busContract, type Carrier } from './bus.contract.js'

const silent = new Logger({ level: 'silent', format: 'json' })

async function startCarrier(): Promise<Carrier> {
  const database = await cloneDatabase()
  const wire = await FaultProxy.before(database.url)
  const dataSource = createDataSource(wire.through(database.url), 'disable', { poolSize: 4 })
  await dataSource.initialize()
  const opened = new Database(dataSource, dataSource, () => Promise.resolve())
  return {
    makeBus: () => new PostgresBus(opened, silent),
    cut: () => wire.cut(),
    reset: () => wire.reset(),
    freeze: () => wire.freeze(),
    restore: () => wire.restore(),
    overhear: async ({ id }) => {
      const heard: string[] = []
      const client = new pg.Client({ connectionString: database.url })
      await client.connect()
      client.on('notification', ({ channel, payload = '' }) => {
        const [, base64 = ''] = payload.split(/[:+]/)
        heard.push(channel, payload, Buffer.from(base64, 'base64').toString('latin1'))
      })
      await client.query(`LISTEN "hub_${id}"; LISTEN hub_all`)
      return {
        stop: async () => {
          const places = await client.query('SELECT * FROM places')
          const activity = await client.query('SELECT * FROM pg_stat_activity')
          await client.end()
          return [...heard, JSON.stringify([places.rows, activity.rows])].join('\n')
        },
      }
    },
    [Symbol.asyncDispose]: async () => {
      await opened.onApplicationShutdown()
      await wire[Symbol.asyncDispose]()
      await database[Symbol.asyncDispose]()
    },
  }
}

describe('the bus over Postgres', () => {
  busContract(startCarrier)

  it('tells several who ask at once about one that is gone that it is', async () => {
    await using database = await cloneDatabase()
    const dataSource = createDataSource(database.url, 'disable', { poolSize: 4 })
    await dataSource.initialize()
    const opened = new Database(dataSource, dataSource, () => Promise.resolve())
    const bus = new PostgresBus(opened, silent)
    const asker = new pg.Client({ connectionString: database.url })
    await asker.connect()
    try {
      await using alice = new BusEnd(bus)
      await alice.up()
      // Another one that is in the middle of asking about it.
      await asker.query('BEGIN')
      await asker.query('SELECT pg_try_advisory_xact_lock_shared(hashtextextended($1, 0))', [
        'gone',
      ])

      expect(await alice.bus.listening(['gone', alice.bus.id])).toEqual([false, true])
    } finally {
      await asker.end()
      await opened.onApplicationShutdown()
    }
  })
})
