import { Agent, request } from 'node:http'

export interface Answer {
  readonly status: number
  readonly body: string
}

/** One caller on one connection, who waits for each answer. */
export class Client implements Disposable {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 1 })

  constructor(private readonly port: number) {}

  get(path: string, token: string): Promise<Answer> {
    return this.send('GET', path, token)
  }

  put(path: string, token: string, body: string): Promise<Answer> {
    return this.send('PUT', path, token, body)
  }

  [Symbol.dispose](): void {
    this.agent.destroy()
  }

  private send(method: string, path: string, token: string, body = ''): Promise<Answer> {
    const headers: Record<string, string | number> = { authorization: `Bearer ${token}` }
    if (body !== '') headers['content-type'] = 'application/json'
    const options = { port: this.port, host: '127.0.0.1', agent: this.agent, method, path, headers }
    return new Promise((resolve, reject) => {
      const sent = request(options, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() })
        })
      })
      sent.on('error', reject)
      sent.end(body)
    })
  }
}
