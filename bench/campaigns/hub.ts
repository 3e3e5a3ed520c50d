import { randomBytes } from 'node:crypto'
import { openSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { Clock } from '../../src/common/clock.js'
import { Logger } from '../../src/common/logger.js'
import { HubConfig } from '../../src/config/hub-config.js'
import type { DataKey } from '../../src/database/data-key.js'
import type { Database } from '../../src/database/database.js'
import { openDatabase } from '../../src/database/open-database.js'
import { makeKeys } from '../../src/seed/key-pool.js'
import { SeedStore } from '../../src/seed/seed-store.js'
import { type SeededToken, Seeder } from '../../src/seed/seeder.js'
import { AccessTokens } from '../../src/tokens/access-token.js'
import { writeRefreshToken } from '../../src/tokens/refresh-token.js'
import { freePort, ServerProcess } from '../server-process.js'

const KEYS = 8

/** A registered node and the login of its person. */
export interface CampaignNode {
  readonly id: string
  readonly token: string
  readonly refreshToken: string
}

/**
 * The hub as it ships, in a process of its own on the embedded Postgres of a new folder, which the
 * campaign holds open too. Dispose of it: that ends both and removes the folder.
 */
export class CampaignHub implements AsyncDisposable {
  private server: ServerProcess | null = null
  private log: number | null = null

  private constructor(
    readonly port: number,
    readonly nodes: readonly CampaignNode[],
    readonly database: Database,
    private readonly env: Readonly<Record<string, string>>,
    private readonly folder: string,
  ) {}

  /** @param count registered nodes @param overrides environment variables besides the defaults */
  static async prepare(count: number, overrides: Record<string, string>): Promise<CampaignHub> {
    const folder = await mkdtemp(join(tmpdir(), 'hub-campaign-'))
    const port = await freePort()
    const env = {
      NODE_ENV: 'development',
      DATA_DIR: join(folder, 'data'),
      SECRET_KEY: randomBytes(32).toString('hex'),
      PORT: String(port),
      LOG_LEVEL: 'warn',
      LOG_FORMAT: 'json',
      ...overrides,
    }
    const clock = new Clock()
    const config = HubConfig.fromEnv(env)
    const { database, dataKey } = await openDatabase(config, clock, new Logger(config.log))
    const store = new SeedStore(database, dataKey, config)
    const accessTokens = new AccessTokens(config, clock)
    const now = clock.date()
    const seeder = new Seeder(store, accessTokens, await makeKeys(Math.min(KEYS, count), now))
    const seeded = await seeder.seed({ nodes: count, accounts: 0, profiles: 0 }, now)
    const nodes = seeded.map((node) => asNode(node, dataKey))
    const hub = new CampaignHub(port, nodes, database, env, folder)
    hub.endOnSignals()
    return hub
  }

  /** Resolves when it accepts connections. */
  async start(): Promise<ServerProcess> {
    this.log ??= openSync(join(this.folder, 'log'), 'a')
    this.server = await ServerProcess.start(
      'src/main.js',
      { ...this.env },
      { isPinned: false, log: this.log },
    )
    return this.server
  }

  /** What it has logged: warnings and errors. */
  get logLines(): string[] {
    const text = readFileSync(join(this.folder, 'log'), 'utf8')
    return text.split('\n').filter((line) => line.startsWith('{'))
  }

  get running(): ServerProcess {
    if (!this.server) throw new Error('the hub was not started')
    return this.server
  }

  /** The path of an upgrade. */
  pathFor({ token }: Pick<CampaignNode, 'token'>, query = ''): string {
    return `/ws/signal?token=${token}${query}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server?.stop('SIGTERM')
    await this.database.onApplicationShutdown()
    await rm(this.folder, { recursive: true, force: true })
  }

  /** Else its Postgres would stay behind. */
  private endOnSignals(): void {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => {
        this[Symbol.asyncDispose]().then(
          () => process.exit(130),
          () => process.exit(1),
        )
      })
    }
  }
}

function asNode({ node_id: id, token }: SeededToken, dataKey: DataKey): CampaignNode {
  if (id === null) throw new Error('seeded without a node')
  const { sid } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
  return { id, token, refreshToken: writeRefreshToken(dataKey, { sessionId: sid, generation: 0 }) }
}
