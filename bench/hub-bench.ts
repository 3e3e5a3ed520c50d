import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import pg from 'pg'

import { openEmbeddedPostgres } from '../src/database/embedded-postgres.js'
import { hasRedis, RedisProcess } from '../test/support/redis-process.js'
import { classic, modern } from './dialect.js'
import { freePort } from './server-process.js'
import { Servers } from './servers.js'
import { greeting, type Node, type System } from './systems.js'

/** The database that the nodes are seeded into. */
const NODES = 'nodes'
const SEED = fileURLToPath(new URL('../src/seed.js', import.meta.url))

/** What was begun, ended in the opposite order. */
type Stops = (() => Promise<void>)[]

/** The hub as it ships, on a Postgres of its own that holds `count` registered nodes. */
export class HubBench implements AsyncDisposable {
  private copies = 0

  private constructor(
    readonly nodes: readonly Node[],
    private readonly env: Readonly<Record<string, string>>,
    private readonly stops: Stops,
  ) {}

  static async prepare(count: number): Promise<HubBench> {
    const stops: Stops = []
    try {
      const folder = await mkdtemp(join(tmpdir(), 'hub-bench-'))
      stops.push(() => rm(folder, { recursive: true, force: true }))
      const postgres = await openEmbeddedPostgres(join(folder, 'data'), () => undefined)
      stops.push(() => postgres.stop())
      // Not the server's own, in which somebody is always connected: it could not be copied.
      await run(postgres.url, `CREATE DATABASE "${NODES}"`)
      const env = environment(databaseOf(postgres.url, NODES), folder)
      const nodes = await seed(env, count, join(folder, 'tokens.json'))
      return new HubBench(nodes, env, stops)
    } catch (error) {
      await stopAll(stops)
      throw error
    }
  }

  /** One process; `isModern`: its clients ask for `v=2`. */
  alone(isModern = false): System {
    return this.system(isModern ? 'hub, v=2' : 'hub', [{}], isModern)
  }

  /** Two processes, with Redis between them or without; null where there is no Redis. */
  async pair(carrier: 'Redis' | 'Postgres'): Promise<System | null> {
    const name = `2 hubs, ${carrier}`
    if (carrier === 'Postgres') return this.system(name, [{}, {}], false)
    if (!hasRedis) return null
    const redis = await RedisProcess.start(await freePort())
    this.stops.push(() => redis[Symbol.asyncDispose]())
    const env = { REDIS_URL: redis.url }
    return this.system(name, [env, env], false)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return stopAll(this.stops)
  }

  private system(name: string, environments: Record<string, string>[], isModern: boolean): System {
    return {
      name,
      dialect: isModern ? modern : classic,
      start: async () => {
        const database = await this.copyDatabase()
        const env = { ...this.env, DATABASE_URL: database.url }
        const all = environments.map((each) => ({ ...env, ...each }))
        return Servers.start('src/main.js', all, database.drop)
      },
      path: ({ token }) => `/ws/signal?token=${token}${isModern ? '&v=2' : ''}`,
      enter: (socket) => greeting(socket, (text) => JSON.parse(text).type === 'auth_ok'),
    }
  }

  /** Hubs on one database are one hub: each that is measured has a copy of its own. */
  private async copyDatabase(): Promise<{ url: string; drop: () => Promise<void> }> {
    const server = databaseOf(this.env.DATABASE_URL ?? '', 'postgres')
    const name = `${NODES}_${++this.copies}`
    await run(server, `CREATE DATABASE "${name}" TEMPLATE "${NODES}"`)
    const drop = (): Promise<void> => run(server, `DROP DATABASE "${name}" WITH (FORCE)`)
    return { url: databaseOf(server, name), drop }
  }
}

async function stopAll(stops: Stops): Promise<void> {
  for (;;) {
    const stop = stops.pop()
    if (!stop) return
    await stop()
  }
}

function databaseOf(url: string, name: string): string {
  return new URL(`/${name}`, url).href
}

async function run(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}

/**
 * Limits are on, so that counting is paid for, and so high that nobody meets them; everything else
 * is as it ships.
 */
function environment(databaseUrl: string, folder: string): Record<string, string> {
  return {
    NODE_ENV: 'development',
    DATA_DIR: folder,
    DATABASE_URL: databaseUrl,
    SECRET_KEY: randomBytes(32).toString('hex'),
    PUBLIC_URL: 'http://127.0.0.1:8000',
    ACCESS_TOKEN_EXPIRE_MINUTES: '1440',
    WEBSOCKET_MAX_CONNECTIONS: '100000',
    WEBSOCKET_FRAMES_PER_SECOND: '100000',
    WEBSOCKET_FRAME_BURST: '1000000',
    RATE_LIMIT_UPGRADE: '1000000',
    LOG_FORMAT: 'json',
  }
}

async function seed(env: Record<string, string>, count: number, out: string): Promise<Node[]> {
  const args = [SEED, '--nodes', String(count), '--accounts', '0', '--profiles', '0', '--out', out]
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'inherit'] })
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error('the seed failed')
  const entries: { node_id: string; token: string }[] = JSON.parse(await readFile(out, 'utf8'))
  return entries.map(({ node_id: id, token }) => ({ id, token }))
}
