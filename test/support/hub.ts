import { randomBytes } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { NestFastifyApplication } from '@nestjs/platform-fastify'

import { createApp } from '../../src/app.js'
import { Logger } from '../../src/common/logger.js'
import { HubConfig } from '../../src/config/hub-config.js'
import { RefreshService } from '../../src/tokens/refresh.service.js'
import { findLeaks } from './canary.js'
import { freePort } from './free-port.js'
import { cloneDatabase, type TestDatabase } from './postgres.js'
import { TestClock } from './test-clock.js'
import { TestNode } from './test-node.js'
import { type SelfSigned, selfSigned, type SelfSignedOptions } from './x509.js'

export interface StartOptions {
  /** Environment variables on top of the test's defaults. */
  readonly env?: Record<string, string>
  /** Another instance's database, for two hubs over one. The one who made it disposes of it. */
  readonly database?: TestDatabase
  /** What stands between the hub and its database: a fault proxy's URL. */
  readonly databaseUrl?: string
  readonly clock?: TestClock
}

/** A person who has logged in, through the back door: no provider took part. */
export interface SignedIn {
  readonly accountId: number
  readonly accessToken: string
  readonly refreshToken: string
}

export interface Answer<Body = any> {
  readonly status: number
  readonly headers: Headers
  readonly body: Body
}

/** The real hub on a real port with a database of its own. */
export class TestHub implements AsyncDisposable {
  readonly tokens: string[] = []

  constructor(
    readonly app: NestFastifyApplication,
    readonly config: HubConfig,
    readonly database: TestDatabase,
    readonly clock: TestClock,
    readonly logLines: string[],
    private readonly ownsDatabase: boolean,
  ) {}

  get url(): string {
    return this.config.http.publicUrl
  }

  /** Where this instance listens; `url` is where clients find the hub, which may be another one. */
  get origin(): string {
    return `http://127.0.0.1:${this.config.http.port}`
  }

  get socketUrl(): string {
    return `${this.origin.replace('http', 'ws')}/ws/signal`
  }

  /** A request as a client makes it: JSON in, JSON out, no redirect followed. */
  async fetch<Body = any>(
    method: string,
    path: string,
    options: { token?: string; body?: unknown; headers?: Record<string, string> } = {},
  ): Promise<Answer<Body>> {
    const { token, body, headers } = options
    const response = await fetch(this.origin + path, {
      method,
      redirect: 'manual',
      headers: {
        ...(token ? { authorization: `Bearer ${token}` } : {}),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined
        ? {}
        : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.includes('json') ?? false
    return {
      status: response.status,
      headers: response.headers,
      body: isJson ? JSON.parse(text) : text,
    }
  }

  /** An account with a session, as if a provider had vouched for it. */
  async signIn(accountId = 1 + randomBytes(6).readUIntBE(0, 6)): Promise<SignedIn> {
    await this.database.query(
      `WITH account AS (
         INSERT INTO accounts (id, created_at) VALUES ($1, now()) ON CONFLICT DO NOTHING
       )
       INSERT INTO identities (provider, subject, account_id, email_verified, linkable, last_login_at)
       VALUES ('github', $2, $1, false, false, now()) ON CONFLICT DO NOTHING`,
      [accountId, `subject-${accountId}`],
    )
    const sessions = this.app.get(RefreshService)
    const pair = await sessions.start({ accountId, provider: 'github', client: 'classic' })
    this.tokens.push(pair.accessToken, pair.refreshToken)
    return { accountId, ...pair }
  }

  /** A node whose person has logged in and which has registered its certificate. */
  async registeredNode(
    options: SelfSignedOptions & { accountId?: number } = {},
  ): Promise<TestNode> {
    const { accountId, ...identity } = options
    const node = new TestNode(this, await this.signIn(accountId), selfSigned(identity))
    await node.register()
    return node
  }

  /** Somebody who has logged in and holds this key and certificate; nothing is registered yet. */
  async nodeOf(identity: SelfSigned, accountId?: number): Promise<TestNode> {
    return new TestNode(this, await this.signIn(accountId), identity)
  }

  /** A node whose person has logged in and which has proven its key. */
  async provenNode(options: SelfSignedOptions & { accountId?: number } = {}): Promise<TestNode> {
    const { accountId, ...identity } = options
    const node = await this.nodeOf(selfSigned(identity), accountId)
    const answer = await node.prove()
    if (answer.status !== 201) throw new Error(`proof: ${JSON.stringify(answer.body)}`)
    return node
  }

  /** A registered node with an open socket that has received `auth_ok`. */
  async connectNode(options: SelfSignedOptions & { accountId?: number } = {}): Promise<TestNode> {
    const node = await this.registeredNode(options)
    await node.connect()
    return node
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.app.close()
    const leaks = await findLeaks(this.logLines, this.database, this.tokens)
    if (this.ownsDatabase) await this.database[Symbol.asyncDispose]()
    if (leaks.length > 0) throw new Error(`the hub wrote down:\n${leaks.join('\n')}`)
  }
}

/** Starts a hub. Dispose of it with `await using`: that also looks for what it must not have written. */
export async function startHub(options: StartOptions = {}): Promise<TestHub> {
  const database = options.database ?? (await cloneDatabase())
  const port = await freePort()
  const config = HubConfig.fromEnv({
    NODE_ENV: 'test',
    PORT: String(port),
    DATA_DIR: mkdtempSync(join(tmpdir(), 'hub-data-')),
    DATABASE_URL: options.databaseUrl ?? database.url,
    SECRET_KEY: TEST_SECRET,
    LOG_LEVEL: 'trace',
    LOG_FORMAT: 'json',
    ...options.env,
  })
  const logLines: string[] = []
  const logger = new Logger({
    ...config.log,
    destination: { write: (line) => logLines.push(line) },
  })
  const clock = options.clock ?? new TestClock()
  const app = await createApp({ config, clock, logger })
  await app.listen(config.http.port, config.http.host)
  return new TestHub(app, config, database, clock, logLines, options.database === undefined)
}

/** One for all hubs of a test file, so that two instances over one database understand each other. */
const TEST_SECRET = randomBytes(32).toString('hex')
