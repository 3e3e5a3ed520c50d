import { once } from 'node:events'

import { WebSocket } from 'ws'

import type { Answer, SignedIn, TestHub } from './hub.js'
import { type ProofLines, proofText, type SentChallenge, signText } from './node-proof.js'
import type { SelfSigned } from './x509.js'

export type Frame = Record<string, any>

/** A socket that keeps every frame until it is asked for. */
export class TestSocket {
  /** Frames as text, in the order they came; `next` takes them. */
  readonly texts: string[] = []
  readonly closed: Promise<{ code: number; reason: string }>
  private readonly waiting: ((text: string) => void)[] = []

  constructor(readonly socket: WebSocket) {
    socket.on('message', (data) => {
      const text = String(data)
      const taker = this.waiting.shift()
      if (taker) taker(text)
      else this.texts.push(text)
    })
    socket.on('error', () => {})
    this.closed = new Promise((resolve) =>
      socket.once('close', (code, reason) => resolve({ code, reason: String(reason) })),
    )
  }

  /** The next frame's text, whenever it comes; rejects if the socket closes first. */
  nextText(): Promise<string> {
    const text = this.texts.shift()
    if (text !== undefined) return Promise.resolve(text)
    return new Promise((resolve, reject) => {
      this.waiting.push(resolve)
      void this.closed.then(({ code, reason }) =>
        reject(new Error(`the socket closed (${code} ${reason}) before the next frame`)),
      )
    })
  }

  async next(): Promise<Frame> {
    return JSON.parse(await this.nextText())
  }

  send(frame: unknown): void {
    this.socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame))
  }

  /** Resolves when the hub has answered everything sent before: frames of one socket keep order. */
  async settled(): Promise<Frame[]> {
    const timestamp = `settled-${Math.random()}`
    this.send({ type: 'ping', timestamp })
    const before: Frame[] = []
    for (;;) {
      const frame = await this.next()
      if (frame.type === 'pong' && frame.timestamp === timestamp) return before
      before.push(frame)
    }
  }
}

/** How an upgrade ended: an open socket, or the HTTP answer that refused it. */
export type Upgrade =
  | { readonly socket: TestSocket; readonly refused: null }
  | { readonly socket: null; readonly refused: Answer }

export async function upgrade(url: string, headers: Record<string, string> = {}): Promise<Upgrade> {
  const socket = new WebSocket(url, { headers, perMessageDeflate: false })
  const opened = new TestSocket(socket)
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve({ socket: opened, refused: null }))
    socket.once('error', reject)
    socket.once('unexpected-response', (_request, response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => {
        const body = Buffer.concat(chunks).toString()
        const answer = {
          status: response.statusCode ?? 0,
          headers: new Headers(response.headers as Record<string, string>),
          body: JSON.parse(body),
        }
        resolve({ socket: null, refused: answer })
      })
    })
  })
}

/** What POST /auth/node/verify takes; `change` puts other lines into what is signed. */
export function loginOf(
  { url }: TestHub,
  { nodeId, spkiSha256, privateKey }: SelfSigned,
  sent: SentChallenge,
  change: Partial<ProofLines> = {},
) {
  const lines: ProofLines = {
    label: 'dpc-hub node-login v1',
    origin: url,
    account: '-',
    nodeId,
    spkiSha256,
    challenge: sent.challenge,
    expiresAt: sent.expires_at,
    ...change,
  }
  return {
    node_id: lines.nodeId,
    challenge_id: sent.challenge_id,
    signature: signText(privateKey, proofText(lines)),
  }
}

/** A peer: key, certificate, tokens, and at most one socket. */
export class TestNode {
  private connection: TestSocket | null = null

  constructor(
    readonly hub: TestHub,
    readonly person: SignedIn,
    readonly identity: SelfSigned,
  ) {}

  get id(): string {
    return this.identity.nodeId
  }

  get accountId(): number {
    return this.person.accountId
  }

  get token(): string {
    return this.person.accessToken
  }

  get socket(): TestSocket {
    if (!this.connection) throw new Error('not connected')
    return this.connection
  }

  tryRegister(): Promise<Answer> {
    return this.fetch('POST', '/register-node-id', {
      node_id: this.id,
      public_key: this.identity.publicKeyPem,
      certificate: this.identity.certificatePem,
    })
  }

  async register(): Promise<void> {
    const answer = await this.tryRegister()
    if (answer.status !== 200) throw new Error(`registration: ${JSON.stringify(answer.body)}`)
  }

  async challenge(): Promise<SentChallenge> {
    const { status, body } = await this.fetch('POST', '/nodes/challenge')
    if (status !== 201) throw new Error(`challenge: ${JSON.stringify(body)}`)
    return body
  }

  /** Registers with proof of the key: 201 when the account gets the node by it, 200 when it had it. */
  async prove(options: { label?: string; transfer?: boolean } = {}): Promise<Answer> {
    return this.fetch('POST', '/nodes', { ...this.proofOf(await this.challenge()), ...options })
  }

  /** What POST /nodes takes; `change` puts other lines into what is signed, by this key or another. */
  proofOf(
    sent: SentChallenge,
    change: Partial<ProofLines> = {},
    signer = this.identity.privateKey,
  ) {
    const { nodeId, spkiSha256, certificatePem } = this.identity
    const text = proofText({
      label: 'dpc-hub node-proof v1',
      origin: this.hub.url,
      account: String(this.accountId),
      nodeId,
      spkiSha256,
      challenge: sent.challenge,
      expiresAt: sent.expires_at,
      ...change,
    })
    return {
      certificate: certificatePem,
      challenge_id: sent.challenge_id,
      signature: signText(signer, text),
    }
  }

  /** A request with this node's token. */
  fetch<Body = any>(method: string, path: string, body?: unknown): Promise<Answer<Body>> {
    return this.hub.fetch(method, path, {
      token: this.token,
      ...(body === undefined ? {} : { body }),
    })
  }

  /** Opens a socket, at its own instance or another, and takes `auth_ok` from it. */
  async connect(at = this.hub): Promise<TestSocket> {
    const { socket, refused } = await this.tryConnect(at)
    if (!socket) throw new Error(`refused: ${JSON.stringify(refused.body)}`)
    const first = await socket.next()
    if (first.type !== 'auth_ok') throw new Error(`first frame: ${JSON.stringify(first)}`)
    this.connection = socket
    return socket
  }

  tryConnect({ socketUrl } = this.hub): Promise<Upgrade> {
    return upgrade(`${socketUrl}?token=${this.token}`)
  }

  send(frame: unknown): void {
    this.socket.send(frame)
  }

  signal(to: { id: string } | string, payload: unknown): void {
    const target = typeof to === 'string' ? to : to.id
    this.send({ type: 'signal', target_node_id: target, payload })
  }

  next(): Promise<Frame> {
    return this.socket.next()
  }

  get closed(): Promise<{ code: number; reason: string }> {
    return this.socket.closed
  }

  /** Closes its own socket and waits until it is gone. */
  async disconnect(): Promise<void> {
    const { socket } = this.socket
    socket.close()
    if (socket.readyState !== WebSocket.CLOSED) await once(socket, 'close')
  }
}
