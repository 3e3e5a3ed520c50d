import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

import pg from 'pg'

import { openEmbeddedPostgres } from '../../src/database/embedded-postgres.js'

const SEED = fileURLToPath(new URL('../../src/seed.js', import.meta.url))
/** Of all tokens, as many as are used. */
const TOKENS = 1_000

/** The Postgres that everything is measured on. */
export class Server implements AsyncDisposable {
  private constructor(
    readonly url: string,
    readonly folder: string,
    readonly kind: 'embedded' | 'given',
    private readonly stop: () => Promise<void>,
  ) {}

  static async open(given: string | null): Promise<Server> {
    const folder = await mkdtemp(join(tmpdir(), 'search-bench-'))
    const remove = () => rm(folder, { recursive: true, force: true })
    if (given !== null) return new Server(given, folder, 'given', remove)
    const postgres = await openEmbeddedPostgres(join(folder, 'data'), () => undefined)
    return new Server(postgres.url, folder, 'embedded', async () => {
      await postgres.stop()
      await remove()
    })
  }

  /** Its version and what it was given of the machine. */
  async describe(): Promise<string> {
    const [row] = await query<{ said: string }>(
      this.url,
      `SELECT format('PostgreSQL %s, %s, shared_buffers %s', current_setting('server_version'), $1::text,
                     current_setting('shared_buffers')) AS said`,
      [this.kind],
    )
    return row?.said ?? ''
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }
}

/** A database with so many seeded profiles, and the same in the reference's design. */
export class People implements AsyncDisposable {
  private constructor(
    private readonly server: Server,
    private readonly name: string,
    /** For the hub that serves them. */
    readonly env: Readonly<Record<string, string>>,
    readonly tokens: readonly string[],
    readonly seedSeconds: number,
  ) {}

  static async seed(server: Server, size: number): Promise<People> {
    const name = `search_bench_${process.pid}_${size}`
    await query(server.url, `CREATE DATABASE ${name}`)
    const env = environment(urlOf(server, name), server.folder)
    const out = join(server.folder, 'tokens.json')
    const startedAt = performance.now()
    await runSeed(env, size, out)
    const seconds = (performance.now() - startedAt) / 1_000
    const people = new People(server, name, env, await readTokens(out, size), seconds)
    await people.copyToReference()
    return people
  }

  get url(): string {
    return urlOf(this.server, this.name)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await query(this.server.url, `DROP DATABASE ${this.name} WITH (FORCE)`)
  }

  private async copyToReference(): Promise<void> {
    const statements = [
      `CREATE TABLE reference_profiles AS
       SELECT account_id, levels AS expertise FROM profiles WHERE is_listed`,
      'ALTER TABLE reference_profiles ADD PRIMARY KEY (account_id)',
      'CREATE INDEX ON reference_profiles USING gin (expertise)',
      'VACUUM (ANALYZE) reference_profiles',
    ]
    for (const statement of statements) await query(this.url, statement)
  }
}

function urlOf({ url }: Server, name: string): string {
  return new URL(`/${name}`, url).href
}

async function query<Row extends object>(
  url: string,
  sql: string,
  parameters: unknown[] = [],
): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<Row>(sql, parameters)).rows
  } finally {
    await client.end()
  }
}

/** No limits: one client asks what thousands would. Everything else is as it ships. */
function environment(databaseUrl: string, folder: string): Record<string, string> {
  return {
    NODE_ENV: 'development',
    DATA_DIR: folder,
    DATABASE_URL: databaseUrl,
    SECRET_KEY: randomBytes(32).toString('hex'),
    PUBLIC_URL: 'http://127.0.0.1:8000',
    ACCESS_TOKEN_EXPIRE_MINUTES: '1440',
    RATE_LIMIT_ENABLED: 'false',
    LOG_LEVEL: 'warn',
    LOG_FORMAT: 'json',
  }
}

async function runSeed(env: Record<string, string>, size: number, out: string): Promise<void> {
  const args = [SEED, '--nodes', String(size), '--accounts', '0', '--out', out]
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'inherit'] })
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error('the seed failed')
}

/** Every so-many-th line: the whole file would not fit into one text. */
async function readTokens(path: string, size: number): Promise<string[]> {
  const step = Math.max(1, Math.floor(size / TOKENS))
  const tokens: string[] = []
  let at = 0
  for await (const line of createInterface({ input: createReadStream(path) })) {
    const [, token] = /"token":"([^"]+)"/.exec(line) ?? []
    if (token !== undefined && at++ % step === 0) tokens.push(token)
  }
  return tokens
}
