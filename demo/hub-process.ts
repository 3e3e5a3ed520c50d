import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const PROGRAM = fileURLToPath(new URL('../src/main.js', import.meta.url))
/** What a process needs of its surroundings; settings for other hubs are not among it. */
const PASSED_ON = ['PATH', 'HOME', 'USERPROFILE', 'SystemRoot', 'TMPDIR', 'TEMP', 'TMP']
const POLL_MS = 50
const STOP_MS = 8_000

/** A hub of the demo's own: a fresh database, a free port, development login. */
export class HubProcess {
  private output = ''

  private constructor(
    readonly url: string,
    private readonly child: ChildProcess,
    private readonly folder: string,
  ) {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (text) => (this.output = (this.output + String(text)).slice(-4_000)))
    }
  }

  /** Begins to start one; `ready` tells when it has. */
  static async spawn(): Promise<HubProcess> {
    const folder = mkdtempSync(join(tmpdir(), 'hub-demo-'))
    // As root, Postgres runs as a user of its own, which has to come to its data.
    chmodSync(folder, 0o711)
    const port = await freePort()
    const surroundings = PASSED_ON.map((name) => [name, process.env[name]])
    const env = {
      ...Object.fromEntries(surroundings.filter(([, value]) => value !== undefined)),
      NODE_ENV: 'development',
      PORT: String(port),
      DATA_DIR: join(folder, 'data'),
      DEV_LOGIN: 'auto',
    }
    // In its own folder, so that it reads nobody's .env.
    const child = spawn(process.execPath, [PROGRAM], { cwd: folder, env, stdio: 'pipe' })
    return new HubProcess(`http://127.0.0.1:${port}`, child, folder)
  }

  /** @throws Error with the hub's last words when it ends instead */
  async ready(): Promise<void> {
    for (;;) {
      if (this.hasEnded) throw new Error(`the hub did not start:\n${this.output}`)
      const answer = await fetch(`${this.url}/health`).catch(() => null)
      if (answer?.ok) return
      await delay(POLL_MS)
    }
  }

  get processId(): number | undefined {
    return this.child.pid
  }

  /** As Ctrl-C does it, database and all. */
  async stop(): Promise<void> {
    if (!this.hasEnded) {
      const hasExited = once(this.child, 'exit')
      this.child.kill('SIGTERM')
      const patience = setTimeout(() => this.child.kill('SIGKILL'), STOP_MS)
      await hasExited
      clearTimeout(patience)
    }
    rmSync(this.folder, { recursive: true, force: true })
  }

  private get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  if (typeof address !== 'object' || address === null) throw new Error('no free port')
  return address.port
}
