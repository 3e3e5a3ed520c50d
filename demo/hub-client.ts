import { WebSocket, type RawData } from 'ws'
import { z } from 'zod'

import type { Identity } from './identity.js'

const TIMEOUT_MS = 10_000

const tokens = z.object({ access_token: z.string(), refresh_token: z.string() })
const found = z.object({
  node_id: z.string(),
  name: z.string(),
  expertise: z.record(z.string(), z.int()),
})
const jsonText = z.string().transform((text, context) => {
  try {
    return JSON.parse(text)
  } catch {
    context.addIssue('expected JSON')
  }
})
const refusal = z.object({ detail: z.string(), error_code: z.string() })
const authOk = z.object({ type: z.literal('auth_ok'), node_id: z.string() })
/** Frames of other types are for other clients. */
const frame = z.discriminatedUnion('type', [
  z.object({ type: z.literal('signal'), sender_node_id: z.string(), payload: z.unknown() }),
  z.object({ type: z.literal('pong') }),
  z.object({ type: z.literal('error'), code: z.string(), message: z.string() }),
])

export type Tokens = z.output<typeof tokens>
export type Found = z.output<typeof found>

export interface Profile {
  readonly name: string
  readonly description?: string
  /** Skill to level, 1 to 5. */
  readonly expertise: Record<string, number>
}

/** The hub said no. */
export class HubRefusal extends Error {
  /** @param body `{"detail", "error_code", …}` on every route; a proxy in front has its own */
  constructor(what: string, status: number, body: string) {
    const { data } = jsonText.pipe(refusal).safeParse(body)
    super(`${what}: ${status} ${data ? `${data.error_code}: ${data.detail}` : body}`)
    this.name = 'HubRefusal'
  }
}

/** What a node asks of its hub over HTTP, for a person who has logged in. */
export class HubClient {
  constructor(
    private readonly hub: string,
    private tokens: Tokens,
  ) {}

  /** Binds the node to the account. Again at any time: the answer is the same. */
  async register(identity: Identity): Promise<void> {
    await this.ask('POST', '/register-node-id', {
      node_id: identity.nodeId,
      public_key: identity.publicKeyPem,
      certificate: identity.certificatePem,
    })
  }

  async publish(profile: Profile): Promise<void> {
    await this.ask('PUT', '/profile', profile)
  }

  async search(skill: string): Promise<Found[]> {
    const query = new URLSearchParams({ q: skill })
    const answer = await this.ask('GET', `/discovery/search?${query.toString()}`)
    return z.object({ results: z.array(found) }).parse(answer).results
  }

  /** New tokens, before the access token's `exp`. Keep both. */
  async refresh(): Promise<void> {
    const { refresh_token } = this.tokens
    this.tokens = tokens.parse(await this.ask('POST', '/refresh', { refresh_token }))
  }

  /** Account, nodes, profile and sessions are gone afterwards. */
  async deleteAccount(): Promise<void> {
    await this.ask('DELETE', '/profile')
  }

  /** The node must be registered. Resolves when others can reach it. */
  openSocket(listener: SocketListener): Promise<HubSocket> {
    const url = `${this.hub.replace(/^http/, 'ws')}/ws/signal`
    return HubSocket.open(url, this.tokens.access_token, listener)
  }

  private async ask(method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await fetch(this.hub + path, {
      method,
      headers: {
        authorization: `Bearer ${this.tokens.access_token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    const text = await response.text()
    if (!response.ok) throw new HubRefusal(`${method} ${path}`, response.status, text)
    return text === '' ? null : JSON.parse(text)
  }
}

export interface SocketListener {
  /** Who sent it is the hub's word, not the sender's. */
  onSignal(from: string, payload: unknown): void
  /** The hub could not deliver something, or closed the socket, or the connection broke. */
  onFailure(error: Error): void
}

/** A node's open connection to its hub: signals to other nodes, and from them. */
export class HubSocket {
  sent = 0
  received = 0
  bytesReceived = 0
  private isLeaving = false
  private readonly pings: (() => void)[] = []

  private constructor(
    private readonly socket: WebSocket,
    private readonly listener: SocketListener,
  ) {
    socket.on('message', (data) => this.take(data))
    socket.on('error', (error) => listener.onFailure(error))
    socket.on('close', (code) => {
      if (this.isLeaving) return
      listener.onFailure(new Error(`the hub closed the socket with code ${code}`))
    })
  }

  static open(url: string, accessToken: string, listener: SocketListener): Promise<HubSocket> {
    const socket = new WebSocket(url, {
      headers: { authorization: `Bearer ${accessToken}` },
      handshakeTimeout: TIMEOUT_MS,
    })
    return new Promise((resolve, reject) => {
      socket.once('error', reject)
      socket.once('unexpected-response', (_request, { statusCode = 0 }) =>
        reject(new Error(`the hub refuses the socket with ${statusCode}`)),
      )
      socket.once('message', (data) => {
        if (authOk.safeParse(read(data)).success) resolve(new HubSocket(socket, listener))
        else reject(new Error('the first frame is not auth_ok: is this a hub?'))
      })
    })
  }

  signal(to: string, payload: object): void {
    this.sent += 1
    this.socket.send(JSON.stringify({ type: 'signal', target_node_id: to, payload }))
  }

  /** Resolves when the hub has dealt with all that was sent before: it keeps the order. */
  ping(): Promise<void> {
    this.socket.send('{"type":"ping"}')
    return new Promise((resolve) => this.pings.push(resolve))
  }

  async close(): Promise<void> {
    this.isLeaving = true
    const isClosed = new Promise((resolve) => this.socket.once('close', resolve))
    this.socket.close()
    await isClosed
  }

  private take(data: RawData): void {
    const { data: came } = frame.safeParse(read(data))
    switch (came?.type) {
      case 'signal':
        this.received += 1
        this.bytesReceived += bytesOf(data).length
        this.listener.onSignal(came.sender_node_id, came.payload)
        break
      case 'pong':
        this.pings.shift()?.()
        break
      case 'error':
        this.listener.onFailure(new Error(`the hub: ${came.code}: ${came.message}`))
        break
      case undefined:
    }
  }
}

function read(data: RawData): unknown {
  return JSON.parse(bytesOf(data).toString('utf8'))
}

function bytesOf(data: RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data)
  return Buffer.isBuffer(data) ? data : Buffer.from(data)
}
