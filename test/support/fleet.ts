import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { freePort } from './free-port.js'
import { HubProcess } from './hub-process.js'
import type { TalkerNode } from './talker-line.js'

export interface FleetOptions {
  readonly instances: number
  readonly databaseUrl: string
  /** On top of what a fleet needs: REDIS_URL for instance. */
  readonly env?: Readonly<Record<string, string>>
  /** What one instance alone is given: a database behind a proxy of its own. */
  readonly envOf?: (index: number) => Readonly<Record<string, string>>
  /** Registered nodes. */
  readonly nodes: number
}

/** One member of a fleet; it keeps its port when it is started again. */
interface Member {
  readonly port: number
  process: HubProcess | null
}

/** Several instances of one hub, each in a process of its own, over one database. */
export class Fleet implements AsyncDisposable {
  private constructor(
    private readonly members: readonly Member[],
    /** Registered and logged in. */
    readonly nodes: readonly TalkerNode[],
    private readonly options: FleetOptions,
    private readonly env: Readonly<Record<string, string>>,
    private readonly folder: string,
  ) {}

  static async start(options: FleetOptions): Promise<Fleet> {
    const folder = await mkdtemp(join(tmpdir(), 'hub-fleet-'))
    const ports: number[] = []
    while (ports.length < options.instances) ports.push(await freePort())
    const env = {
      DATA_DIR: folder,
      DATABASE_URL: options.databaseUrl,
      PUBLIC_URL: `http://127.0.0.1:${ports[0]}`,
      SECRET_KEY: randomBytes(32).toString('hex'),
      RATE_LIMIT_ENABLED: 'false',
      ACCESS_TOKEN_EXPIRE_MINUTES: '1440',
      LOG_FORMAT: 'json',
      ...options.env,
    }
    const nodes = await seed(env, options.nodes, join(folder, 'tokens.json'))
    const members = ports.map((port) => ({ port, process: null }))
    const fleet = new Fleet(members, nodes, options, env, folder)
    await Promise.all(members.map((_, index) => fleet.start(index)))
    return fleet
  }

  /** Where the instances take sockets. */
  get doors(): string[] {
    return this.members.map(({ port }) => `ws://127.0.0.1:${port}/ws/signal`)
  }

  /** Where the instances answer requests. */
  get origins(): string[] {
    return this.members.map(({ port }) => `http://127.0.0.1:${port}`)
  }

  /** @throws Error when that instance does not run */
  at(index: number): HubProcess {
    const process = this.members[index]?.process
    if (!process) throw new Error(`instance ${index} does not run`)
    return process
  }

  /** Resolves when it serves. */
  async start(index: number): Promise<void> {
    const member = this.members[index]
    if (!member) throw new Error(`there is no instance ${index}`)
    const { envOf = () => ({}) } = this.options
    member.process = await HubProcess.start({
      ...this.env,
      PORT: String(member.port),
      ...envOf(index),
    })
  }

  /** As an operator does: SIGTERM, and a new process when the old one is gone. @returns its exit code */
  async restart(index: number): Promise<number | null> {
    const code = await this.at(index).stop()
    await this.start(index)
    return code
  }

  /** Bytes that the largest instance holds. */
  async memory(): Promise<number> {
    const running = this.members.flatMap(({ process }) => (process?.isRunning ? [process] : []))
    return Math.max(0, ...(await Promise.all(running.map((process) => process.memory()))))
  }

  get logLines(): string[] {
    return this.members.flatMap(({ process }) => process?.logLines ?? [])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { process } of this.members) await process?.kill()
    await rm(this.folder, { recursive: true, force: true })
  }
}

async function seed(
  env: Readonly<Record<string, string>>,
  count: number,
  out: string,
): Promise<TalkerNode[]> {
  const args = ['--nodes', String(count), '--accounts', '0', '--profiles', '0', '--out', out]
  const child = spawn(process.execPath, ['dist/src/seed.js', ...args], {
    env: { PATH: process.env.PATH, NODE_ENV: 'test', ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error('the seed failed')
  const entries: { node_id: string; token: string }[] = JSON.parse(await readFile(out, 'utf8'))
  return entries.map(({ node_id: id, token }) => ({ id, token }))
}
