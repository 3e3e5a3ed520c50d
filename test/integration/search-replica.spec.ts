import { randomBytes } from 'node:crypto'

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'

import pg from 'pg'

import { Logger } from '../../src/common/logger.js'
import { HubConfig } from '../../src/config/hub-config.js'
import { createDataSource } from '../../src/database/data-source.js'
import { Database } from '../../src/database/database.js'
import { type ReplicaTimes, SearchReplica } from '../../src/database/search-replica.js'
import { OwnPostgres } from '../support/own-postgres.js'
import { until } from '../support/until.js'

/** As in the hub, in the same order, but short. */
const TIMES: ReplicaTimes = { check: 50, pause: 300, maxLag: 500 }

/** A hub's view of both servers. */
class Reader implements AsyncDisposable {
  private constructor(
    readonly primary: Database,
    readonly replica: SearchReplica,
    readonly said: () => string[],
  ) {}

  static async open(primaryUrl: string, replicaUrl: string | null): Promise<Reader> {
    const sources = [4, 1].map((poolSize) => createDataSource(primaryUrl, 'disable', { poolSize }))
    for (const source of sources) await source.initialize()
    const primary = new Database(sources[0]!, sources[1]!, () => Promise.resolve())
    const lines: string[] = []
    const destination = { write: (line: string) => lines.push(line) }
    const logger = new Logger({ level: 'info', format: 'json', destination })
    const source = replicaUrl && createDataSource(replicaUrl, 'disable', { poolSize: 4 })
    const replica = new SearchReplica(primary, source || null, logger, TIMES)
    await replica.begin()
    const said = (): string[] =>
      lines.map((line) => {
        const { msg } = JSON.parse(line) as { msg: string }
        return msg.replace(/^(DATABASE_REPLICA_URL: .*?)[;:].*$/, '$1')
      })
    return new Reader(primary, replica, said)
  }

  /** Whether a search is answered by a standby. */
  isAtReplica(): Promise<boolean> {
    return this.replica.read(async (queries) => {
      const [row] = await queries.rows<{ is: boolean }>('SELECT pg_is_in_recovery() AS is')
      return row!.is
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.replica.onApplicationShutdown()
    await this.primary.onApplicationShutdown()
  }
}

async function runAt(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(sql)
  await client.end()
}

const GOOD = 'DATABASE_REPLICA_URL: searches read from the replica'
const AWAY = 'DATABASE_REPLICA_URL: does not answer'
const BEHIND = 'DATABASE_REPLICA_URL: is too far behind'
const FOREIGN = 'DATABASE_REPLICA_URL: is no streaming replica'

describe('searches', () => {
  let primary: OwnPostgres
  let standby: OwnPostgres
  beforeAll(async () => {
    primary = await OwnPostgres.start()
    standby = await OwnPostgres.standbyOf(primary)
  })
  afterAll(async () => {
    await standby[Symbol.asyncDispose]()
    await primary[Symbol.asyncDispose]()
  })

  const open = (replicaUrl: string | null = standby.url): Promise<Reader> =>
    Reader.open(primary.directUrl, replicaUrl)

  it('read from the primary when no replica is set, without a word', async () => {
    await using reader = await open(null)
    expect(await reader.isAtReplica()).toBe(false)
    expect(reader.said()).toEqual([])
  })

  it('read from the replica, and find there what the primary was told', async () => {
    await using reader = await open()
    expect(await reader.isAtReplica()).toBe(true)

    await reader.primary.rows('CREATE TABLE told (n int)')
    await reader.primary.rows('INSERT INTO told VALUES (7)')
    const told = (): Promise<{ n: number }[]> =>
      reader.replica.read((queries) => queries.rows<{ n: number }>('SELECT n FROM told'))
    await until(async () => (await told()).length === 1)

    expect(await told()).toEqual([{ n: 7 }])
    expect(reader.said()).toEqual([GOOD])
  })

  it('are answered by the primary when the replica is killed, by the replica again when it is back', async () => {
    await using reader = await open()
    expect(await reader.isAtReplica()).toBe(true)

    await standby.crash()
    expect(await reader.isAtReplica()).toBe(false)
    expect(await reader.isAtReplica()).toBe(false)

    await standby.restart()
    await until(() => reader.isAtReplica())
    expect(reader.said()).toEqual([GOOD, AWAY, GOOD])
  })

  it('are answered by the primary while the replica is frozen', async () => {
    await using reader = await open()
    standby.wire.freeze()
    expect(await reader.isAtReplica()).toBe(false)
    standby.wire.restore()
    await until(() => reader.isAtReplica())
    expect(reader.said()).toEqual([GOOD, AWAY, GOOD])
  })

  it('are answered by the primary while the replica does not replay what is written', async () => {
    await using reader = await open()
    await runAt(standby.directUrl, 'SELECT pg_wal_replay_pause()')
    await reader.primary.rows('CREATE TABLE missed AS SELECT 1 AS n')
    await until(async () => !(await reader.isAtReplica()))

    const missed = await reader.replica.read((queries) => queries.rows('SELECT n FROM missed'))
    expect(missed).toEqual([{ n: 1 }])

    await runAt(standby.directUrl, 'SELECT pg_wal_replay_resume()')
    await until(() => reader.isAtReplica())
    expect(reader.said()).toEqual([GOOD, BEHIND, GOOD])
  })

  it('go on at the replica while it misses nothing, however long the primary is idle', async () => {
    await using reader = await open()
    const begun = performance.now()
    await until(async () => {
      expect(await reader.isAtReplica()).toBe(true)
      return performance.now() - begun > 3 * TIMES.maxLag
    })
    expect(reader.said()).toEqual([GOOD])
  })

  it('find on the primary a table that the replica has not got yet', async () => {
    await using reader = await open()
    await runAt(standby.directUrl, 'SELECT pg_wal_replay_pause()')
    await reader.primary.rows('CREATE TABLE new_table AS SELECT 2 AS n')
    const rows = await reader.replica.read((queries) => queries.rows('SELECT n FROM new_table'))
    await runAt(standby.directUrl, 'SELECT pg_wal_replay_resume()')
    expect(rows).toEqual([{ n: 2 }])
  })

  it('begin at the primary when the replica is away at the start, and move to it when it comes', async () => {
    standby.wire.cut()
    await using reader = await open()
    expect(await reader.isAtReplica()).toBe(false)
    standby.wire.restore()
    await until(() => reader.isAtReplica())
    expect(reader.said()).toEqual([AWAY, GOOD])
  })

  it('stay at the primary when what is set is no replica', async () => {
    await using reader = await open(primary.directUrl)
    expect(await reader.isAtReplica()).toBe(false)
    expect(reader.said()).toEqual([FOREIGN])
  })

  it('fail as they do on the primary when they ask for what is not there', async () => {
    await using reader = await open()
    const asked = reader.replica.read((queries) => queries.rows('SELECT n FROM nowhere'))
    await expect(asked).rejects.toThrow(/nowhere/)
    expect(await reader.isAtReplica()).toBe(true)
  })

  it('read from what DATABASE_REPLICA_URL names', async () => {
    await using reader = await open(null)
    const config = HubConfig.fromEnv({
      NODE_ENV: 'test',
      SECRET_KEY: randomBytes(32).toString('hex'),
      DATABASE_URL: primary.directUrl,
      DATABASE_REPLICA_URL: standby.url,
    })
    const silent = new Logger({ level: 'silent', format: 'json' })
    const replica = await SearchReplica.open(config, reader.primary, silent)
    const rows = await replica.read((queries) => queries.rows('SELECT pg_is_in_recovery() AS is'))
    await replica.onApplicationShutdown()

    expect(rows).toEqual([{ is: true }])
    expect(config.warnings.join()).not.toContain('DATABASE_REPLICA_URL')
  })

  it('are answered by the replica while the primary is away', async () => {
    await using reader = await Reader.open(primary.url, standby.url)
    primary.wire.cut()
    expect(await reader.isAtReplica()).toBe(true)
    primary.wire.restore()
  })
})
