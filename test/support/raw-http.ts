import { request } from 'node:http'
import { connect } from 'node:net'

import type { Answer, TestHub } from './hub.js'

export interface RawRequest {
  readonly method: string
  /** Sent as it is: no client cleans it up. */
  readonly path: string
  readonly headers?: Record<string, string>
  readonly body?: string | Buffer
}

/** A request that `fetch` would not make: any path, a body with any method. */
export function sendRaw(
  hub: TestHub,
  { method, path, headers, body }: RawRequest,
): Promise<Answer> {
  const { port } = new URL(hub.origin)
  // NOTE: Node sends the body of a DELETE without saying how long it is.
  const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }
  return new Promise((resolve, reject) => {
    const options = {
      host: '127.0.0.1',
      port,
      method,
      path,
      headers: { ...length, ...headers },
      agent: false,
    }
    const outgoing = request(options, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString()
        const isJson = response.headers['content-type']?.includes('json') ?? false
        resolve({
          status: response.statusCode ?? 0,
          headers: new Headers(response.headers as Record<string, string>),
          body: isJson && text !== '' ? JSON.parse(text) : text,
        })
      })
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

/** Bytes on a bare socket; resolves with the first answer once the hub has hung up. */
export async function sendBytes(hub: TestHub, bytes: string | Buffer): Promise<Answer> {
  const { port } = new URL(hub.origin)
  const text = await new Promise<string>((resolve, reject) => {
    const socket = connect(Number(port), '127.0.0.1', () => socket.write(bytes))
    const chunks: Buffer[] = []
    socket.on('data', (chunk: Buffer) => chunks.push(chunk))
    socket.on('error', reject)
    socket.on('close', () => resolve(Buffer.concat(chunks).toString()))
  })
  return parseAnswer(text)
}

function parseAnswer(text: string): Answer {
  const [head = '', body = ''] = text.split('\r\n\r\n')
  const [statusLine = '', ...lines] = head.split('\r\n')
  const headers = new Headers()
  for (const line of lines) {
    const colon = line.indexOf(':')
    headers.append(line.slice(0, colon), line.slice(colon + 1).trim())
  }
  const isJson = headers.get('content-type')?.includes('json') ?? false
  return {
    status: Number(statusLine.split(' ')[1]),
    headers,
    body: isJson ? JSON.parse(body) : body,
  }
}
