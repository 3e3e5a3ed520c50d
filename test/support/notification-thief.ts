import { connect, createServer, type Server, type Socket } from 'node:net'

/** The letter of a NotificationResponse in Postgres' protocol. */
const NOTIFICATION = 'A'.charCodeAt(0)

/**
 * Stands between a hub and Postgres and keeps notifications back, as a pooler of transactions does:
 * everything else passes.
 */
export class NotificationThief implements AsyncDisposable {
  private readonly sockets = new Set<Socket>()

  private constructor(private readonly server: Server) {}

  static async before(url: string): Promise<NotificationThief> {
    const { hostname: host, port } = new URL(url)
    const server = createServer()
    const thief = new NotificationThief(server)
    server.on('connection', (client) => thief.join(client, connect({ host, port: Number(port) })))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return thief
  }

  through(url: string): string {
    const address = this.server.address()
    if (typeof address !== 'object' || address === null) throw new Error('not listening')
    const through = new URL(url)
    through.host = `127.0.0.1:${address.port}`
    return through.href
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy()
    await new Promise((resolve) => this.server.close(resolve))
  }

  private join(client: Socket, upstream: Socket): void {
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      this.sockets.add(socket)
      socket.on('error', () => other.destroy())
      socket.on('close', () => other.destroy())
    }
    client.pipe(upstream)
    let held = Buffer.alloc(0)
    upstream.on('data', (chunk) => {
      held = Buffer.concat([held, chunk])
      // A letter, four bytes of length that count themselves, and so on.
      while (held.length >= 5 && held.length >= 1 + held.readUInt32BE(1)) {
        const end = 1 + held.readUInt32BE(1)
        if (held[0] !== NOTIFICATION) client.write(held.subarray(0, end))
        held = held.subarray(end)
      }
    })
  }
}
