import { connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

/** How the wire behaves: `up`; `cut` refuses and resets; `frozen` accepts and says nothing. */
export type Wire = 'up' | 'cut' | 'frozen'

/** Stands between the hub and a server (Postgres) and fails on command. */
export class FaultProxy implements AsyncDisposable {
  private wire: Wire = 'up'
  private latencyMs = 0
  /** Chunks that may still pass before it cuts; null: no end to them. */
  private chunksLeft: number | null = null
  private readonly sockets = new Set<Socket>()
  private readonly thawed: (() => void)[] = []
  private readonly refused: (() => void)[] = []

  private constructor(
    private readonly server: Server,
    private readonly target: { host: string; port: number },
  ) {
    server.on('connection', (client) => this.join(client))
  }

  /** Listens on a free port and forwards to where `url` points. */
  static async before(url: string): Promise<FaultProxy> {
    const { hostname, port } = new URL(url)
    const server = createServer({ pauseOnConnect: true })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return new FaultProxy(server, { host: hostname, port: Number(port) })
  }

  /** `url` with this proxy's address in it. */
  through(url: string): string {
    const address = this.server.address()
    if (typeof address !== 'object' || address === null) throw new Error('not listening')
    const proxied = new URL(url)
    proxied.host = `127.0.0.1:${address.port}`
    return proxied.href
  }

  /** Connections that lead through it just now. */
  get connections(): number {
    return this.sockets.size / 2
  }

  /** Resets every connection and refuses new ones. */
  cut(): void {
    this.wire = 'cut'
    for (const socket of this.sockets) socket.resetAndDestroy()
  }

  /** Lets so many more chunks through, of both directions together, and cuts then. */
  cutAfter(chunks: number): void {
    this.chunksLeft = chunks
  }

  /** Resolves when the next attempt to connect has been refused. */
  nextRefusal(): Promise<void> {
    return new Promise((resolve) => this.refused.push(resolve))
  }

  /** Keeps connections open, and takes new ones, but no byte passes. */
  freeze(): void {
    this.wire = 'frozen'
    for (const socket of this.sockets) socket.pause()
  }

  /** Each byte takes this long, each way. */
  slow(latencyMs: number): void {
    this.latencyMs = latencyMs
  }

  restore(): void {
    this.wire = 'up'
    this.latencyMs = 0
    this.chunksLeft = null
    for (const socket of this.sockets) socket.resume()
    for (const thaw of this.thawed.splice(0)) thaw()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy()
    await new Promise((resolve) => this.server.close(resolve))
  }

  private join(client: Socket): void {
    client.on('error', ignore)
    if (this.wire === 'cut') {
      client.resetAndDestroy()
      for (const tell of this.refused.splice(0)) tell()
      return
    }
    const upstream = connect(this.target)
    upstream.on('error', ignore)
    this.pipe(client, upstream)
    this.pipe(upstream, client)
    if (this.wire === 'up') client.resume()
    else upstream.pause()
  }

  private pipe(from: Socket, to: Socket): void {
    this.sockets.add(from)
    let last = Promise.resolve()
    from.on('data', (chunk) => {
      last = last.then(() => this.carry(chunk, to))
    })
    from.on('close', () => {
      this.sockets.delete(from)
      void last.then(() => to.destroy())
    })
  }

  private async carry(chunk: Buffer, to: Socket): Promise<void> {
    if (this.latencyMs > 0) await delay(this.latencyMs)
    if (this.wire === 'frozen') await new Promise<void>((resolve) => this.thawed.push(resolve))
    if (to.destroyed) return
    to.write(chunk)
    if (this.chunksLeft !== null && --this.chunksLeft === 0) this.cut()
  }
}

function ignore(): void {
  // The close that follows ends the other half.
}
