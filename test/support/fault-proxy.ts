import { connect, createServer, type Server, type Socket } from 'node:net'

import { type Direction, WireFaults } from './wire-faults.js'
import { type Carried, WirePipe } from './wire-pipe.js'

/**
 * Stands between a client and a server (Postgres, Redis, the hub itself) and fails on command, in
 * all manners in which a wire does: slow, narrow, cut, frozen, reset, slow to close, in pieces, used
 * up. Faults may be together; `restore` ends them all.
 */
export class FaultProxy implements AsyncDisposable {
  private readonly faults = new WireFaults()
  /** Chunks that may still pass before it cuts; null: no end to them. */
  private chunksLeft: number | null = null
  private readonly sockets = new Set<Socket>()
  private readonly pipes = new Set<WirePipe>()
  private readonly awaiting: (() => void)[] = []
  private readonly refused: (() => void)[] = []

  private constructor(
    private readonly server: Server,
    private target: { host: string; port: number },
  ) {
    server.on('connection', (client) => this.join(client))
  }

  /**
   * Listens on a free port and forwards to where `url` points; nobody needs to listen there yet, so
   * that a server can be told the proxy's port when it starts.
   */
  static async before(url: string): Promise<FaultProxy> {
    const server = createServer({ pauseOnConnect: true })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return new FaultProxy(server, addressIn(url))
  }

  /** From now on new connections lead to where `url` points: the server has started elsewhere. */
  leadTo(url: string): void {
    this.target = addressIn(url)
  }

  /** Where it listens: what a member of a Redis cluster announces as its own. */
  get port(): number {
    const address = this.server.address()
    if (typeof address !== 'object' || address === null) throw new Error('not listening')
    return address.port
  }

  /** `url` with this proxy's address in it. */
  through(url: string): string {
    const proxied = new URL(url)
    proxied.host = `127.0.0.1:${this.port}`
    return proxied.href
  }

  /** Connections that lead through it just now. */
  get connections(): number {
    return this.sockets.size / 2
  }

  /** Resets every connection and refuses new ones. */
  cut(): void {
    this.faults.wire = 'cut'
    this.reset()
  }

  /** Resets every connection; new ones are welcome. */
  reset(): void {
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

  /** Keeps connections open, and takes new ones, but no byte passes; or none in one direction. */
  freeze(direction: Direction | null = null): void {
    this.change({ wire: 'frozen', frozenDirection: direction })
  }

  /** Each byte takes this long, each way, give or take `jitterMs`. */
  slow(latencyMs: number, jitterMs = 0): void {
    this.change({ latencyMs, jitterMs })
  }

  /** No more than so many bytes a second, each way of each connection. */
  narrow(bytesPerSecond: number): void {
    this.change({ bytesPerSecond })
  }

  /** What arrives at once goes on in pieces of so many bytes, with a pause after each. */
  slice(pieceBytes: number, pieceDelayMs = 0): void {
    this.change({ pieceBytes, pieceDelayMs })
  }

  /** Ends a connection when it has carried so many bytes, both ways together. */
  limit(limitBytes: number): void {
    this.change({ limitBytes })
  }

  /** One side's end takes this long to the other, which goes on talking to nobody. */
  closeSlowly(closeDelayMs: number): void {
    this.change({ closeDelayMs })
  }

  restore(): void {
    this.chunksLeft = null
    this.change(new WireFaults())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.restore()
    for (const socket of this.sockets) socket.destroy()
    await new Promise((resolve) => this.server.close(resolve))
  }

  private change(faults: Partial<WireFaults>): void {
    Object.assign(this.faults, faults)
    for (const pipe of this.pipes) pipe.update()
    for (const tell of this.awaiting.splice(0)) tell()
  }

  private join(client: Socket): void {
    client.on('error', ignore)
    if (this.faults.wire === 'cut') {
      client.resetAndDestroy()
      for (const tell of this.refused.splice(0)) tell()
      return
    }
    const upstream = connect(this.target)
    upstream.on('error', ignore)
    const total: Carried = { bytes: 0 }
    this.pipe(client, upstream, 'to-server', total)
    this.pipe(upstream, client, 'to-client', total)
  }

  private pipe(from: Socket, to: Socket, direction: Direction, total: Carried): void {
    const host = {
      faults: this.faults,
      changed: () => new Promise<void>((resolve) => this.awaiting.push(resolve)),
      carried: () => this.count(),
    }
    from.setNoDelay(true)
    const pipe = new WirePipe(from, to, direction, host, total)
    this.sockets.add(from)
    this.pipes.add(pipe)
    from.on('close', () => {
      this.sockets.delete(from)
      this.pipes.delete(pipe)
    })
    pipe.update()
  }

  private count(): void {
    if (this.chunksLeft !== null && --this.chunksLeft === 0) this.cut()
  }
}

function addressIn(url: string): { host: string; port: number } {
  const { hostname, port } = new URL(url)
  return { host: hostname, port: Number(port) }
}

function ignore(): void {
  // The close that follows ends the other half.
}
