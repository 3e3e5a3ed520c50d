import { randomBytes } from 'node:crypto'

import { describe, expect, it } from '@jest/globals'

import { Logger } from '../../src/common/logger.js'
import { Secret } from '../../src/common/secret.js'
import { HubConfig } from '../../src/config/hub-config.js'
import { loadDataKey } from '../../src/database/data-key.js'
import { createDataSource } from '../../src/database/data-source.js'
import { Database } from '../../src/database/database.js'
import { Housekeeping } from '../../src/database/housekeeping.js'
import { applyMigrations, pendingMigrations } from '../../src/database/migrate.js'
import { openDatabase } from '../../src/database/open-database.js'
import { FaultProxy } from '../support/fault-proxy.js'
import { cloneDatabase, type TestDatabase } from '../support/postgres.js'
import { TestClock } from '../support/test-clock.js'

const secret = (): Secret => new Secret(randomBytes(32).toString('hex'))
const silent = new Logger({ level: 'silent', format: 'json' })

async function open(database: TestDatabase): Promise<Database> {
  const dataSource = createDataSource(database.url, 'disable', { poolSize: 4 })
  await dataSource.initialize()
  const reserved = createDataSource(database.url, 'disable', { poolSize: 1 })
  await reserved.initialize()
  return new Database(dataSource, reserved, () => Promise.resolve())
}

describe('migrations', () => {
  it('run by twenty starters at once are applied once, and then nothing is pending', async () => {
    await using database = await cloneDatabase('template0')
    const applied = await Promise.all(
      Array.from({ length: 20 }, () => applyMigrations(database.url, 'disable')),
    )

    expect(applied.filter((names) => names.length > 0)).toHaveLength(1)
    expect(await pendingMigrations(database.url, 'disable')).toEqual([])
  })

  it('are pending in an empty database', async () => {
    await using database = await cloneDatabase('template0')

    expect(await pendingMigrations(database.url, 'disable')).toEqual([
      'CreateHub1764000000000',
      'Trust1764800000000',
      'Signaling1765400000000',
      'Discovery1765900000000',
    ])
  })
})

describe('the data key', () => {
  it('is made once and survives a restart, even by ten instances at once', async () => {
    await using database = await cloneDatabase()
    const opened = await open(database)
    const key = secret()
    const keys = await Promise.all(
      Array.from({ length: 10 }, () => loadDataKey(opened, key, null, new Date())),
    )

    const macs = new Set(keys.map((each) => each.mac('test', 'message').toString('hex')))
    expect(macs.size).toBe(1)
    await opened.onApplicationShutdown()
  })

  it('is sealed anew when SECRET_KEY changes, so that the former secret may be thrown away', async () => {
    await using database = await cloneDatabase()
    const opened = await open(database)
    const [former, next] = [secret(), secret()]
    const before = (await loadDataKey(opened, former, null, new Date())).mac('test', 'x')

    const during = await loadDataKey(opened, next, former, new Date())
    const after = await loadDataKey(opened, next, null, new Date())

    expect([during.mac('test', 'x'), after.mac('test', 'x')]).toEqual([before, before])
    await opened.onApplicationShutdown()
  })

  it('that no secret opens is an error that says what to do', async () => {
    await using database = await cloneDatabase()
    const opened = await open(database)
    await loadDataKey(opened, secret(), null, new Date())

    await expect(loadDataKey(opened, secret(), secret(), new Date())).rejects.toThrow(
      /^SECRET_KEY: .*SECRET_KEY_PREVIOUS/,
    )
    await opened.onApplicationShutdown()
  })

  it('seals for one purpose what no other purpose opens', async () => {
    await using database = await cloneDatabase()
    const opened = await open(database)
    const key = await loadDataKey(opened, secret(), null, new Date())
    const sealed = key.seal('email', 'alice@example.org')

    expect(key.open('email', sealed)).toBe('alice@example.org')
    expect(() => key.open('other', sealed)).toThrow()
    expect(sealed.toString('latin1')).not.toContain('alice')
    await opened.onApplicationShutdown()
  })
})

describe('the reserved connections', () => {
  it('answer while every other one is taken', async () => {
    await using database = await cloneDatabase()
    const opened = await open(database)
    const locker = await open(database)
    await locker.transaction(async (queries) => {
      await queries.rows('LOCK TABLE accounts')
      const waiting = Promise.allSettled(
        Array.from({ length: 20 }, () => opened.rows('SELECT FROM accounts')),
      )

      expect(await opened.reserved.rows('SELECT 1 AS one')).toEqual([{ one: 1 }])
      const refused = (await waiting).map(({ status }) => status)
      expect(new Set(refused)).toEqual(new Set(['rejected']))
    })
    await Promise.all([opened, locker].map((each) => each.onApplicationShutdown()))
  })
})

describe('opening the database', () => {
  const configOf = (url: string): HubConfig =>
    HubConfig.fromEnv({ NODE_ENV: 'test', DATABASE_URL: url, SECRET_KEY: secret().reveal() })

  it('waits for a Postgres that is still starting', async () => {
    await using database = await cloneDatabase()
    await using proxy = await FaultProxy.before(database.url)
    proxy.cut()
    const refused = proxy.nextRefusal()
    const opening = openDatabase(configOf(proxy.through(database.url)), new TestClock(), silent)
    await refused
    proxy.restore()

    await (await opening).database.onApplicationShutdown()
  })

  it('says which database refused us, never the password', async () => {
    await using database = await cloneDatabase()
    const url = new URL(database.url)
    url.password = 'wrong-password'
    const refused = await openDatabase(configOf(url.href), new TestClock(), silent).catch(
      (error: unknown) => error,
    )

    expect(String(refused)).toMatch(
      /DATABASE_URL: cannot open the database hub_test_\w+ at 127\.0\.0\.1:\d+/,
    )
    expect(String(refused)).not.toContain('wrong-password')
  })
})

describe('housekeeping', () => {
  it('deletes what has expired and nothing else', async () => {
    await using database = await cloneDatabase()
    const opened = await open(database)
    const clock = new TestClock()
    for (const days of [-1, 1]) {
      const at = new Date(clock.now() + days * 86_400_000)
      await database.query('INSERT INTO login_states VALUES ($1, $2, $3)', [
        randomBytes(32),
        {},
        at,
      ])
      await database.query('INSERT INTO node_tombstones VALUES ($1, $2, $3)', [
        randomBytes(32),
        randomBytes(32),
        at,
      ])
    }
    await new Housekeeping(opened, clock, silent).sweep()

    for (const table of ['login_states', 'node_tombstones']) {
      expect(await database.query(`SELECT FROM ${table}`)).toHaveLength(1)
    }
    await opened.onApplicationShutdown()
  })
})
