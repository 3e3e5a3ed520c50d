import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

import type { CpuAnswer, MemoryAnswer, Question, UsageAnswer } from './probe.js'

const PROBE = new URL('./probe.js', import.meta.url).href
const POLL_MS = 20
const SERVER_CORE = 0
const DRIVER_CORE = 1

/** Without a core each, server and driver disturb each other, and figures are only good for a rough look. */
export const canPin = [SERVER_CORE, DRIVER_CORE].every(
  (core) => spawnSync('taskset', ['-c', String(core), 'true']).status === 0,
)

/** Keeps this process, which drives the load, off the server's core. */
export function pinDriver(): void {
  if (!canPin) return
  spawnSync('taskset', ['-a', '-c', '-p', String(DRIVER_CORE), String(process.pid)])
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  if (typeof address !== 'object' || address === null) throw new Error('no free port')
  return address.port
}

/** A server under test: a process of its own on a core of its own, with the probe in it. */
export class ServerProcess implements AsyncDisposable {
  /** Resolves with how it ended: its exit code, or the signal that killed it. */
  readonly ended: Promise<number | string>
  private lastAnswer: Promise<unknown> = Promise.resolve()

  private constructor(
    private readonly child: ChildProcess,
    readonly port: number,
  ) {
    this.ended = once(child, 'exit').then(([code, signal]) => signal ?? code)
  }

  /** A folder for the CPU profiles of all servers started from then on; null for none. */
  static profileFolder: string | null = null

  /**
   * Starts `dist/<program>` and resolves when it accepts connections.
   *
   * @param log the open file that what it logs goes to
   */
  static async start(
    program: string,
    env: Record<string, string> = {},
    { isPinned = canPin, log = 'ignore' }: { isPinned?: boolean; log?: 'ignore' | number } = {},
  ): Promise<ServerProcess> {
    const port = Number(env.PORT ?? (await freePort()))
    const path = fileURLToPath(new URL(`../${program}`, import.meta.url))
    const folder = ServerProcess.profileFolder
    const profiling = folder === null ? [] : ['--cpu-prof', `--cpu-prof-dir=${folder}`]
    const node = [process.execPath, '--expose-gc', ...profiling, '--import', PROBE, path]
    const [command = '', ...args] = isPinned
      ? ['taskset', '-c', String(SERVER_CORE), ...node]
      : node
    const child = spawn(command, args, {
      env: { PATH: process.env.PATH ?? '', PORT: String(port), ...env },
      stdio: ['ignore', log, 'inherit', 'ipc'],
    })
    const server = new ServerProcess(child, port)
    while (!(await accepts(port))) {
      if (child.exitCode !== null) throw new Error(`${program} ended while it started`)
      await delay(POLL_MS)
    }
    return server
  }

  /** Microseconds of CPU it has used since it started. */
  async cpu(): Promise<number> {
    const { microseconds } = await this.ask<CpuAnswer>('cpu')
    return microseconds
  }

  memory(): Promise<MemoryAnswer> {
    return this.ask<MemoryAnswer>('memory')
  }

  /** What it holds just now, without collecting anything first. */
  usage(): Promise<UsageAnswer> {
    return this.ask<UsageAnswer>('usage')
  }

  get pid(): number {
    return this.child.pid ?? 0
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null
  }

  /** Sends a signal and resolves when it has ended. */
  async stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    if (this.isRunning) this.child.kill(signal)
    await this.ended
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop('SIGTERM')
  }

  /** One question at a time: answers do not say what they answer. */
  private ask<Answer>(question: Question): Promise<Answer> {
    const answer = this.lastAnswer.then(async (): Promise<Answer> => {
      this.child.send(question)
      const ended = this.ended.then((how) => {
        throw new Error(`the server ended (${how})`)
      })
      const [told] = await Promise.race([once(this.child, 'message'), ended])
      return told
    })
    this.lastAnswer = answer.catch(() => undefined)
    return answer
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
