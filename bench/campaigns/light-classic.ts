import { request } from 'node:http'

import { encode, RawSocket } from '../raw-socket.js'
import type { CampaignNode } from './hub.js'

const POLL_MS = 10_000
const RECONNECT_WAITS_MS = [2_000, 4_000, 8_000, 16_000, 32_000]
const REFRESH_BEFORE_EXPIRY_MS = 60_000
const HTTP_TIMEOUT_MS = 5_000
const APPLICATION_PING_MS = 25_000
const SOCKET_PING_MS = 20_000
const PING = encode('{"type":"ping","timestamp":1764000000.25}')

/** What became of one attempt to connect. */
type Outcome = 'connected' | 'refused' | 'failed'

/** How one request to `/refresh` went. */
export interface Refreshed {
  /** 0: no answer within 5 s; null: no connection, or it was lost. */
  readonly status: number | null
  readonly milliseconds: number
}

/**
 * Today's desktop client (CONTRACT §4.3), as far as it is a load: ten thousand fit into a process.
 * `test/support/classic-client.ts` is the same one whole.
 */
export class LightClassic {
  state: 'offline' | 'online' | 'reconnecting' | 'gave up' = 'offline'
  /** Attempts that its last way back took. */
  attempts = 0
  /** When it was greeted last, by `performance.now()`. */
  onlineSince = 0
  readonly refreshes: Refreshed[] = []

  private socket: RawSocket | null = null
  private token: string
  private readonly timers: NodeJS.Timeout[] = []

  constructor(
    private readonly port: number,
    private readonly node: CampaignNode,
    private readonly onOnline: () => void,
    /** Milliseconds after which it first looks whether it is connected; every 10 s from then on. */
    private readonly firstPollMs = POLL_MS,
  ) {
    this.token = node.token
  }

  /** The first connection, as after a login. */
  async connect(): Promise<Outcome> {
    const outcome = await this.open()
    if (outcome === 'connected') this.live()
    return outcome
  }

  end(): void {
    for (const timer of this.timers.splice(0)) clearInterval(timer)
    this.socket?.destroy()
    this.state = 'offline'
  }

  private live(): void {
    this.state = 'online'
    this.onlineSince = performance.now()
    this.timers.push(
      setTimeout(() => {
        this.timers.push(setInterval(() => this.poll(), POLL_MS))
        this.poll()
      }, this.firstPollMs),
      setInterval(() => this.socket?.write(PING), APPLICATION_PING_MS),
      setInterval(() => this.socket?.ping(), SOCKET_PING_MS),
    )
    this.onOnline()
  }

  /** A lost connection is noticed here only, up to 10 s later. */
  private poll(): void {
    if (this.socket !== null) return
    for (const timer of this.timers.splice(0)) clearInterval(timer)
    this.state = 'reconnecting'
    this.attempts = 0
    this.attemptLater()
  }

  private attemptLater(): void {
    const wait = RECONNECT_WAITS_MS[this.attempts]
    if (wait === undefined) {
      this.state = 'gave up'
      return
    }
    this.timers.push(setTimeout(() => void this.attempt(), wait))
  }

  private async attempt(): Promise<void> {
    this.attempts++
    const outcome = await this.reconnect()
    if (outcome === 'connected') this.live()
    else if (outcome === 'refused') this.state = 'gave up'
    else this.attemptLater()
  }

  /** Refreshes when it must, then connects. `refused`: it would not try again. */
  async reconnect(): Promise<Outcome> {
    if (expiryOf(this.token) - Date.now() < REFRESH_BEFORE_EXPIRY_MS) {
      const { status } = await this.refresh()
      if (status === null) return 'failed'
      if (status !== 200) return 'refused'
    }
    return this.open()
  }

  /** Always with the refresh token of its login: those that answers bring are ignored. */
  private async refresh(): Promise<Refreshed> {
    const began = performance.now()
    const { status, body } = await post(this.port, '/refresh', {
      refresh_token: this.node.refreshToken,
    })
    const refreshed = { status, milliseconds: performance.now() - began }
    this.refreshes.push(refreshed)
    if (status === 200) this.token = JSON.parse(body).access_token
    return refreshed
  }

  private open(): Promise<Outcome> {
    return new Promise((resolve) => {
      let isLate = false
      const timer = setTimeout(() => {
        isLate = true
        resolve('failed')
      }, HTTP_TIMEOUT_MS)
      RawSocket.open(this.port, `/ws/signal?token=${this.token}`).then(
        (socket) => {
          socket.onText = () => {
            clearTimeout(timer)
            socket.onText = () => undefined
            if (isLate) socket.destroy()
            else this.socket = socket
            resolve('connected')
          }
          socket.onClose = () => {
            clearTimeout(timer)
            if (this.socket === socket) this.socket = null
            resolve('failed')
          }
        },
        (error: unknown) => {
          clearTimeout(timer)
          resolve(/upgrade refused: HTTP\/1.1 40[13]/.test(String(error)) ? 'refused' : 'failed')
        },
      )
    })
  }
}

function post(
  port: number,
  path: string,
  body: object,
): Promise<{ readonly status: number | null; readonly body: string }> {
  return new Promise((resolve) => {
    const outgoing = request(
      {
        port,
        path,
        host: '127.0.0.1',
        method: 'POST',
        agent: false,
        headers: { 'content-type': 'application/json' },
      },
      (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => (text += chunk))
        response.on('end', () => finish(response.statusCode ?? 0, text))
        response.on('error', () => finish(null, ''))
      },
    )
    const timer = setTimeout(() => finish(0, ''), HTTP_TIMEOUT_MS)
    const finish = (status: number | null, text: string): void => {
      clearTimeout(timer)
      outgoing.destroy()
      resolve({ status, body: text })
    }
    outgoing.on('error', () => finish(null, ''))
    outgoing.end(JSON.stringify(body))
  })
}

/** Milliseconds since the epoch. */
function expiryOf(token: string): number {
  const { exp } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
  return exp * 1_000
}
