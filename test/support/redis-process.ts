import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

import { freePort } from './free-port.js'

/** False: `redis-server` is not on the PATH. CI has it. */
export const hasRedis = spawnSync('redis-server', ['--version']).status === 0

/** Ended with the process that started them, should it end early. */
const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** A real Redis of a test's own, that keeps nothing on disk. */
export class RedisProcess implements AsyncDisposable {
  private constructor(
    readonly port: number,
    private readonly settings: readonly string[],
    private readonly folder: string,
    private child: ChildProcess,
  ) {}

  /** Resolves when it serves; on another port if somebody has taken that one meanwhile. */
  static async start(port: number, settings: readonly string[] = []): Promise<RedisProcess> {
    return untilPortIsFree(port, (free) => RedisProcess.startAt(free, settings))
  }

  /** @throws PortTakenError */
  static async startAt(port: number, settings: readonly string[]): Promise<RedisProcess> {
    const folder = mkdtempSync(join(tmpdir(), 'hub-redis-'))
    return new RedisProcess(port, settings, folder, await spawnRedis(port, settings, folder))
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  /** It does nothing any more, and no connection notices. */
  freeze(): void {
    this.child.kill('SIGSTOP')
  }

  thaw(): void {
    this.child.kill('SIGCONT')
  }

  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return
    const exited = once(this.child, 'exit')
    this.child.kill('SIGKILL')
    await exited
  }

  /** Empty, as it keeps nothing. */
  async restart(): Promise<void> {
    await this.kill()
    this.child = await spawnRedis(this.port, this.settings, this.folder)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** Somebody else took the port between the look for a free one and the start. */
export class PortTakenError extends Error {}

/** Tries other ports if the first is taken. */
export async function untilPortIsFree<Started>(
  first: number,
  start: (port: number) => Promise<Started>,
): Promise<Started> {
  for (let port = first, attempt = 1; ; port = await freePort(), attempt++) {
    try {
      return await start(port)
    } catch (error) {
      if (!(error instanceof PortTakenError) || attempt === 5) throw error
    }
  }
}

async function spawnRedis(
  port: number,
  settings: readonly string[],
  folder: string,
): Promise<ChildProcess> {
  const fixed = ['--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder]
  const child = spawn('redis-server', ['--port', String(port), ...fixed, ...settings], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  running.add(child)
  child.once('exit', () => running.delete(child))
  const lines: string[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line)
    if (line.includes('Ready to accept connections')) {
      // Else its pipe would fill.
      child.stdout.resume()
      return child
    }
  }
  const said = lines.slice(-5).join(' | ')
  if (/address already in use|failed listening/i.test(said)) throw new PortTakenError(said)
  throw new Error(`redis-server ended: ${said}`)
}
