import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'

/** Ended with the process that started them, should it end early. */
const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** A hub in a process of its own, as an operator runs it; so that it can be killed. */
export class HubProcess implements AsyncDisposable {
  private constructor(
    private readonly child: ChildProcess,
    private readonly exited: Promise<unknown>,
    /** What it has logged. */
    readonly logLines: string[],
  ) {}

  /** Resolves when it serves. Needs the built hub, which scripts/jest.mjs sees to. */
  static async start(env: Readonly<Record<string, string>>): Promise<HubProcess> {
    const child = spawn(process.execPath, ['dist/src/main.js'], {
      env: { PATH: process.env.PATH, NODE_ENV: 'test', LOG_LEVEL: 'warn', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const exited = once(child, 'exit')
    running.add(child)
    child.once('exit', () => running.delete(child))
    const logLines: string[] = []
    let said = ''
    child.stderr.on('data', (text) => (said += String(text)))
    child.stdout.on('data', (text) => logLines.push(String(text)))
    // It tells where it listens, once it does.
    const served = once(child.stdout, 'data').then(() => true)
    const isServing = await Promise.race([served, exited.then(() => false)])
    if (!isServing) throw new Error(`the hub ended before it served: ${said}`)
    return new HubProcess(child, exited, logLines)
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null
  }

  /** No goodbye: what it has not written down by now is lost. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL')
    await this.exited
  }

  /** As an operator stops it. Resolves with its exit code; null: a signal ended it. */
  async stop(): Promise<number | null> {
    this.child.kill('SIGTERM')
    await this.exited
    return this.child.exitCode
  }

  /** Bytes of memory that it holds. Linux only. */
  async memory(): Promise<number> {
    const status = await readFile(`/proc/${this.child.pid}/status`, 'utf8')
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1_024
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
  }
}
