import { execFile } from 'node:child_process'
import { appendFile, chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import {
  type EmbeddedPostgres,
  openEmbeddedPostgres,
} from '../../src/database/embedded-postgres.js'
import { FaultProxy } from './fault-proxy.js'
import { until } from './until.js'

/** A real Postgres of a test's own, behind a wire: it can be slow, away, and crash. */
export class OwnPostgres implements AsyncDisposable {
  private constructor(
    private readonly folder: string,
    private server: EmbeddedPostgres,
    readonly wire: FaultProxy,
  ) {}

  static async start(): Promise<OwnPostgres> {
    return OwnPostgres.in(await newFolder())
  }

  /** A streaming replica, which reads from the primary through the primary's wire. It restarts that. */
  static async standbyOf(primary: OwnPostgres): Promise<OwnPostgres> {
    const folder = await newFolder()
    await primary.server.stop()
    // With owners and modes, by which Postgres judges its folder.
    await promisify(execFile)('cp', ['-a', `${primary.folder}/.`, folder])
    await primary.restart()
    const cluster = join(folder, 'postgres')
    const settings = [`primary_conninfo = '${primary.url}'`, "wal_retrieve_retry_interval = '50ms'"]
    await appendFile(join(cluster, 'postgresql.auto.conf'), `${settings.join('\n')}\n`)
    await writeFile(join(cluster, 'standby.signal'), '')
    return OwnPostgres.in(folder)
  }

  private static async in(folder: string): Promise<OwnPostgres> {
    const server = await openEmbeddedPostgres(folder, () => undefined)
    return new OwnPostgres(folder, server, await FaultProxy.before(server.url))
  }

  /** Through the wire. */
  get url(): string {
    return this.wire.through(this.server.url)
  }

  /** Past the wire. */
  get directUrl(): string {
    return this.server.url
  }

  /** Ends it in the midst of everything, as a crash does: it comes back with its unlogged tables empty. */
  async crash(): Promise<void> {
    const pid = await this.pid()
    process.kill(pid, 'SIGQUIT')
    await until(() => !isAlive(pid))
  }

  /** Resolves when it serves again, for whoever comes through the wire. */
  async restart(): Promise<void> {
    this.server = await openEmbeddedPostgres(this.folder, () => undefined)
    this.wire.leadTo(this.server.url)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.wire[Symbol.asyncDispose]()
    await this.server.stop()
    await rm(this.folder, { recursive: true, force: true })
  }

  private async pid(): Promise<number> {
    const [line = ''] = (
      await readFile(join(this.folder, 'postgres', 'postmaster.pid'), 'utf8')
    ).split('\n')
    return Number(line)
  }
}

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'hub-postgres-'))
  // Run by root, Postgres is another user's: it must reach its folder.
  await chmod(folder, 0o711)
  return folder
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
