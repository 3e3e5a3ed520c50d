import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { openEmbeddedPostgres } from '../src/database/embedded-postgres.js'
import type { Door, Node } from './load.js'
import { ServerProcess } from './server-process.js'

const SEED = fileURLToPath(new URL('../src/seed.js', import.meta.url))

/** One of the servers that are compared. */
export interface System {
  readonly name: string
  start(): Promise<ServerProcess>
  door(server: ServerProcess): Door
}

export const bareRelay: System = {
  name: 'bare ws',
  start: () => ServerProcess.start('bench/bare-relay.js'),
  door: ({ port }) => ({ port, path: ({ id }) => `/?id=${id}`, greets: false }),
}

/** The hub as it ships, on a database of its own that holds `count` registered nodes. */
export class HubBench implements AsyncDisposable {
  private constructor(
    readonly system: System,
    readonly nodes: readonly Node[],
    private readonly stop: () => Promise<void>,
  ) {}

  static async prepare(count: number): Promise<HubBench> {
    const folder = await mkdtemp(join(tmpdir(), 'hub-bench-'))
    const postgres = await openEmbeddedPostgres(join(folder, 'data'), () => undefined)
    const stop = async (): Promise<void> => {
      await postgres.stop()
      await rm(folder, { recursive: true, force: true })
    }
    const env = environment(postgres.url, folder)
    try {
      const nodes = await seed(env, count, join(folder, 'tokens.json'))
      return new HubBench(hub(env), nodes, stop)
    } catch (error) {
      await stop()
      throw error
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }
}

function hub(env: Record<string, string>): System {
  return {
    name: 'hub',
    start: () => ServerProcess.start('src/main.js', env),
    door: ({ port }) => ({
      port,
      path: ({ token }) => `/ws/signal?token=${token}`,
      greets: true,
    }),
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
