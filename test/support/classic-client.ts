import { once } from 'node:events'

import { WebSocket } from 'ws'

import { LoopbackListener } from './loopback-listener.js'
import type { MovedTime, Task } from './moved-time.js'
import type { Frame } from './test-node.js'
import type { SelfSigned } from './x509.js'

const HTTP_TIMEOUT_S = 5
const REFRESH_BEFORE_EXPIRY_S = 60
const POLL_S = 10
const APPLICATION_PING_S = 25
const SOCKET_PING_S = 20
const SOCKET_PING_TIMEOUT_S = 60
const RECONNECT_WAITS_S = [2, 4, 8, 16, 32]
const MAX_FRAME_BYTES = 1024 * 1024
const KNOWN_FRAMES = ['auth_ok', 'signal', 'pong', 'error']

export interface ClassicOptions {
  readonly hub: string
  readonly identity: SelfSigned
  readonly time: MovedTime
  /** Gets each token the client is given. */
  readonly noteToken: (token: string) => void
  /** Opens an address in a person's browser; `where` leads `127.0.0.1:8080` to this client. */
  readonly browser: (url: string, where: Record<string, string>) => Promise<void>
}

export interface ClassicAnswer {
  /** 0: there was none in time, or no connection. */
  readonly status: number
  readonly body: any
}

const LATE: ClassicAnswer = { status: 0, body: { detail: 'no answer in 5 s' } }
const UNREACHABLE: ClassicAnswer = { status: 0, body: { detail: 'no connection' } }

/**
 * Today's desktop client, as CONTRACT §4 describes it, weaknesses included: what breaks it here
 * breaks it at people's homes. It goes offline for good at the first refresh that fails, and only a
 * login brings it back.
 */
export class ClassicClient implements AsyncDisposable {
  state: 'offline' | 'reconnecting' | 'online' = 'offline'
  /** What a person has been shown. */
  readonly printed: string[] = []
  /** Each frame that the real client would not know. */
  readonly unknownFrames: Frame[] = []
  /** The code with which its latest socket ended. */
  closed: Promise<number | null> = Promise.resolve(null)
  refreshes = 0
  reconnects = 0
  pongs = 0

  private accessToken = ''
  /** The one of the login, for ever: those of `/refresh` are ignored (CONTRACT §4.2). */
  private refreshToken = ''
  private socket: WebSocket | null = null
  private readonly timers = new Set<() => void>()
  private readonly signals: Frame[] = []
  private readonly listeners: ((frame: Frame) => void)[] = []
  private onPong: () => void = () => {}

  constructor(private readonly options: ClassicOptions) {}

  get nodeId(): string {
    return this.options.identity.nodeId
  }

  /** A click on Login: browser, registration (every time), socket. */
  async login(provider: 'google' | 'github' = 'github'): Promise<void> {
    this.goOffline()
    await using listener = await LoopbackListener.open()
    await this.options.browser(`${this.options.hub}/login/${provider}`, listener.where)
    const query = await listener.callback
    const [access, refresh] = [query.get('access_token'), query.get('refresh_token')]
    if (access === null || refresh === null) {
      this.printed.push(`${query.get('error') ?? ''}: ${query.get('error_description') ?? ''}`)
      return
    }
    this.accessToken = access
    this.refreshToken = refresh
    this.noteTokens(access, refresh)
    const { nodeId, publicKeyPem, certificatePem } = this.options.identity
    const registered = await this.request('POST', '/register-node-id', {
      node_id: nodeId,
      public_key: publicKeyPem,
      certificate: certificatePem,
    })
    if (registered.status === 200) await this.attempt(RECONNECT_WAITS_S.length)
  }

  /** A request with the token, refreshed before when it is about to expire. */
  async request(method: string, path: string, body?: unknown): Promise<ClassicAnswer> {
    const token = await this.freshToken()
    const answer = token.status === 200 ? await this.send(method, path, body) : token
    if (answer.status < 200 || answer.status > 299) this.printed.push(answer.body.detail)
    return answer
  }

  signal(target: string, payload: object): void {
    this.sendFrame({ type: 'signal', target_node_id: target, payload })
  }

  /** In the order they came, whenever they come. */
  nextSignal(): Promise<Frame> {
    const signal = this.signals.shift()
    return signal ? Promise.resolve(signal) : new Promise((resolve) => this.listeners.push(resolve))
  }

  /** A person closes the client. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.goOffline()
    await this.closed
  }

  /** Nothing happens any more until a person acts. */
  private goOffline(): void {
    this.state = 'offline'
    this.stop()
  }

  private stop(): void {
    for (const cancel of this.timers) cancel()
    this.timers.clear()
    this.socket?.close()
  }

  /** 200 when the token is good for a minute. A refresh that fails ends everything (CONTRACT §4.1). */
  private async freshToken(): Promise<ClassicAnswer> {
    const expiresIn = expiryOf(this.accessToken) - this.options.time.now() / 1_000
    if (expiresIn >= REFRESH_BEFORE_EXPIRY_S) return { status: 200, body: null }
    this.refreshes += 1
    const answer = await this.send('POST', '/refresh', { refresh_token: this.refreshToken })
    if (answer.status === 200) {
      this.accessToken = answer.body.access_token
      this.noteTokens(answer.body.access_token, answer.body.refresh_token)
    } else if (answer !== UNREACHABLE) {
      this.goOffline()
    }
    return answer
  }

  private noteTokens(...tokens: string[]): void {
    for (const token of tokens) this.options.noteToken(token)
  }

  private async send(method: string, path: string, body?: unknown): Promise<ClassicAnswer> {
    const timeout = new AbortController()
    const cancel = this.options.time.after(HTTP_TIMEOUT_S, () => timeout.abort())
    try {
      const response = await fetch(this.options.hub + path, {
        method,
        redirect: 'manual',
        signal: timeout.signal,
        headers: {
          ...(path === '/refresh' ? {} : { authorization: `Bearer ${this.accessToken}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      const text = await response.text()
      // Every body is read as JSON, failures too (CONTRACT §4.12): HTML would be the end here.
      return { status: response.status, body: text === '' ? null : JSON.parse(text) }
    } catch (error) {
      if (error instanceof SyntaxError) throw error
      return timeout.signal.aborted ? LATE : UNREACHABLE
    } finally {
      cancel()
    }
  }

  /** The last of the five, or the only one after a login, ends offline when it fails. */
  private async attempt(number: number): Promise<void> {
    const token = await this.freshToken()
    if (token.status !== 200) this.printed.push(token.body.detail)
    if (token.status !== 200 && token !== UNREACHABLE) return
    const outcome = token === UNREACHABLE ? 'failed' : await this.connect()
    if (outcome === 'connected') {
      this.state = 'online'
      this.every(POLL_S, () => this.poll())
      this.every(APPLICATION_PING_S, () => this.ping())
      this.every(SOCKET_PING_S, () => this.pingSocket())
    } else if (outcome === 'refused' || number >= RECONNECT_WAITS_S.length) {
      this.printed.push(
        outcome === 'refused' ? 'authentication failed' : 'no connection to the hub',
      )
      this.goOffline()
    } else {
      this.attemptLater(number)
    }
  }

  private attemptLater(number: number): void {
    this.later(RECONNECT_WAITS_S[number] ?? 0, () => this.attempt(number + 1))
  }

  /** A lost connection is noticed here only, up to 10 s later. */
  private poll(): void {
    if (this.isConnected) return
    this.stop()
    this.state = 'reconnecting'
    this.reconnects += 1
    this.attemptLater(0)
  }

  private async ping(): Promise<void> {
    if (!this.isConnected) return
    this.sendFrame({ type: 'ping', timestamp: this.options.time.now() / 1_000 })
    await Promise.race([this.closed, new Promise<void>((resolve) => (this.onPong = resolve))])
  }

  /** The protocol's own ping; without a pong in 60 s the connection is over. */
  private async pingSocket(): Promise<void> {
    const { socket } = this
    if (!socket || !this.isConnected) return
    const cancel = this.options.time.after(SOCKET_PING_TIMEOUT_S, () => socket.terminate())
    socket.ping()
    await Promise.race([this.closed, once(socket, 'pong')])
    cancel()
  }

  private get isConnected(): boolean {
    return this.socket?.readyState === WebSocket.OPEN
  }

  /** `refused`: the hub does not know the token. The first frame decides whether it is connected. */
  private connect(): Promise<'connected' | 'refused' | 'failed'> {
    const url = `${this.options.hub.replace('http', 'ws')}/ws/signal?token=${this.accessToken}`
    // As Python's websockets: offers compression, follows no redirect, names no origin.
    const socket = new WebSocket(url, { maxPayload: MAX_FRAME_BYTES, perMessageDeflate: true })
    this.socket = socket
    this.closed = new Promise((resolve) => socket.once('close', resolve))
    const cancel = this.options.time.after(HTTP_TIMEOUT_S, () => socket.terminate())
    return new Promise<'connected' | 'refused' | 'failed'>((resolve) => {
      socket.once('unexpected-response', (_request, { statusCode }) => {
        resolve(statusCode === 401 || statusCode === 403 ? 'refused' : 'failed')
        socket.terminate()
      })
      socket.on('error', () => resolve('failed'))
      socket.once('close', () => resolve('failed'))
      socket.once('message', (data) => {
        const isRight = JSON.parse(String(data)).type === 'auth_ok'
        socket.on('message', (next) => this.take(JSON.parse(String(next))))
        if (!isRight) socket.close()
        resolve(isRight ? 'connected' : 'failed')
      })
    }).finally(cancel)
  }

  private take(frame: Frame): void {
    if (!KNOWN_FRAMES.includes(frame.type)) this.unknownFrames.push(frame)
    if (frame.type === 'error') this.printed.push(`${frame.code}: ${frame.message}`)
    if (frame.type === 'pong') {
      this.pongs += 1
      this.onPong()
    }
    if (frame.type !== 'signal') return
    const listener = this.listeners.shift()
    if (listener) listener(frame)
    else this.signals.push(frame)
  }

  private sendFrame(frame: object): void {
    this.socket?.send(JSON.stringify(frame))
  }

  private every(seconds: number, task: Task): void {
    this.later(seconds, async () => {
      await task()
      if (this.state === 'online') this.every(seconds, task)
    })
  }

  private later(seconds: number, task: Task): void {
    const cancel = this.options.time.after(seconds, () => {
      this.timers.delete(cancel)
      return task()
    })
    this.timers.add(cancel)
  }
}

/** A token has three parts and says when it ends, in seconds (CONTRACT §4.5). */
function expiryOf(token: string): number {
  const parts = token.split('.')
  const { exp } = JSON.parse(Buffer.from(parts[1] ?? '', 'base64url').toString())
  if (parts.length !== 3 || typeof exp !== 'number') throw new Error('this is no token')
  return exp
}
