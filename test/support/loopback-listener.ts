import { once } from 'node:events'
import { createServer, type Server } from 'node:http'

/** Where the hub sends every classic client's browser (CONTRACT §1). */
const CLASSIC_ORIGIN = 'http://127.0.0.1:8080'

/** What a classic client opens for the time of a login: it waits for the browser to come back. */
export class LoopbackListener implements AsyncDisposable {
  /** The query of the first call of `/callback`. */
  readonly callback: Promise<URLSearchParams>

  private constructor(private readonly server: Server) {
    this.callback = new Promise((resolve) => {
      server.on('request', ({ url = '/' }, response) => {
        const { pathname, searchParams: query } = new URL(url, CLASSIC_ORIGIN)
        response.statusCode = pathname === '/callback' ? 200 : 404
        response.setHeader('content-type', 'text/html')
        // As the real one: what it is told stands in its page unescaped.
        response.end(`<p>${query.get('error_description') ?? 'You may close this window.'}</p>`)
        if (pathname === '/callback') resolve(query)
      })
    })
  }

  /** On port 8080, as the real one; on another when somebody has that, such as another test. */
  static async open(): Promise<LoopbackListener> {
    const listener = new LoopbackListener(createServer())
    await listener.listen(8080).catch(() => listener.listen(0))
    return listener
  }

  /** How a browser gets here, whatever the port. */
  get where(): Record<string, string> {
    const address = this.server.address()
    if (typeof address !== 'object' || address === null) throw new Error('not listening')
    return { [CLASSIC_ORIGIN]: `http://127.0.0.1:${address.port}` }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.closeAllConnections()
    await new Promise((resolve) => this.server.close(resolve))
  }

  private async listen(port: number): Promise<void> {
    this.server.listen(port, '127.0.0.1')
    await once(this.server, 'listening')
  }
}
