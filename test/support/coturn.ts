import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { freePort } from './free-port.js'
import { TurnClient } from './turn-client.js'

const isThere = spawnSync('turnserver', ['--version']).error === undefined

/**
 * Whether coturn can be run here. Says so in one line where it cannot, and fails where everything must
 * run.
 */
export function hasCoturn(): boolean {
  if (isThere) return true
  const missing = 'no turnserver on the PATH (Debian: coturn)'
  if (process.env.CI === 'true') throw new Error(missing)
  process.stderr.write(`tests with a real TURN server are left out: ${missing}\n`)
  return false
}

/** A real TURN server on a free port of this machine, with the file that operators are given. */
export class Coturn implements AsyncDisposable {
  private said = ''

  private constructor(
    private readonly child: ChildProcess,
    private readonly exited: Promise<unknown>,
    private readonly folder: string,
    readonly port: number,
  ) {
    child.stdout?.on('data', (text) => (this.said += String(text)))
    child.stderr?.on('data', (text) => (this.said += String(text)))
  }

  /** Resolves when it answers. It relays between peers of 127.0.0.1, which the file alone forbids. */
  static async start(secret: string): Promise<Coturn> {
    const folder = mkdtempSync(join(tmpdir(), 'coturn-'))
    const port = await freePort()
    const options = {
      'listening-ip': '127.0.0.1',
      'listening-port': port,
      'relay-ip': '127.0.0.1',
      'allowed-peer-ip': '127.0.0.1',
      'static-auth-secret': secret,
      userdb: join(folder, 'users'),
      pidfile: join(folder, 'pid'),
    }
    const child = spawn(
      'turnserver',
      [
        '-c',
        'deploy/turnserver.conf',
        '--allow-loopback-peers',
        ...Object.entries(options).map(([name, value]) => `--${name}=${value}`),
      ],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    )
    const coturn = new Coturn(child, once(child, 'exit'), folder, port)
    await using client = new TurnClient(port)
    const isUp = await Promise.race([
      client.untilThere().then(() => true),
      coturn.exited.then(() => false),
    ])
    if (!isUp) throw new Error(`turnserver ended before it served: ${coturn.said}`)
    return coturn
  }

  /** For TURN_URLS. */
  urls(...transports: readonly ('udp' | 'tcp')[]): string {
    return transports
      .map((transport) => `turn:127.0.0.1:${this.port}?transport=${transport}`)
      .join(',')
  }

  /** All it has said so far. */
  get log(): string {
    return this.said
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill()
    await this.exited
    rmSync(this.folder, { recursive: true })
  }
}
