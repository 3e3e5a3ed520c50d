import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'

import { AbstractWsAdapter } from '@nestjs/websockets'
import { WebSocketServer } from 'ws'

import { describeError } from '../common/describe-error.js'
import { endWithError } from '../common/hub-error.filter.js'
import { InvalidRequestError, NotFoundError } from '../common/hub-error.js'
import { HubSocket } from './hub-socket.js'

/** Resolves if the caller may have a socket. Rejects with the HubError that refuses the upgrade. */
export type Admit = (request: IncomingMessage) => Promise<void>

/** Fragments of one frame, and pieces of one read that `ws` may keep (CVE-2026-48779, CVE-2026-62389). */
const MAX_FRAGMENTS = 16
const MAX_BUFFERED_CHUNKS = 1_024
/** Milliseconds a peer may take to answer a close frame. */
const CLOSE_TIMEOUT_MS = 5_000

/**
 * A Nest adapter over `ws` that does the upgrade and nothing else.
 *
 * 1. The caller is admitted before the 101, so a stranger never holds a socket and a refusal is an
 *    HTTP answer with the one error body. A path without an `admit` fails at start.
 * 2. Nest does not listen for messages; the gateway does. The stock pipeline costs several promises
 *    and observables a frame, and drops bad JSON and unknown types without a reply (ADR 0003).
 */
export class SocketAdapter extends AbstractWsAdapter {
  constructor(
    private readonly listener: Server,
    private readonly maxFrameBytes: number,
    private readonly admitByPath: Readonly<Record<string, Admit>>,
  ) {
    super()
  }

  create(_port: number, { path = '/' }: { path?: string }): WebSocketServer {
    const admit = this.admitByPath[path]
    if (!admit) throw new Error(`nobody says who may open ${path}`)
    const options = {
      noServer: true,
      WebSocket: HubSocket,
      maxPayload: this.maxFrameBytes,
      maxFragments: MAX_FRAGMENTS,
      maxBufferedChunks: MAX_BUFFERED_CHUNKS,
      closeTimeout: CLOSE_TIMEOUT_MS,
      perMessageDeflate: false,
      clientTracking: false,
    }
    const server = new WebSocketServer(options)
    // A handshake that `ws` refuses gets the one error body too.
    server.on('wsClientError', (error: Error, socket: Duplex) => {
      endWithError(socket, new InvalidRequestError(error.message))
    })
    this.listener.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      // Until `ws` owns the socket, a reset on it must not end the process.
      socket.on('error', ignore)
      const isOurs = pathOf(request) === path
      const admitted = isOurs ? admit(request) : Promise.reject(new NotFoundError('no socket here'))
      admitted.then(
        () => {
          socket.off('error', ignore)
          server.handleUpgrade(request, socket, head, (client) => {
            server.emit('connection', client, request)
          })
        },
        (error: unknown) => endWithError(socket, describeError(error)),
      )
    })
    return server
  }

  bindMessageHandlers(): void {
    // See the class comment: the gateway listens itself.
  }

  override bindClientDisconnect(): void {
    // The gateway listens itself.
  }

  override async close(server: WebSocketServer): Promise<void> {
    await new Promise<void>((resolve) => server.close(() => resolve()))
  }
}

/** The path as HTTP has it: without query, and with or without the `/api/v1` of classic clients. */
function pathOf({ url = '/' }: IncomingMessage): string {
  return url.replace(/[?#].*$/s, '').replace(/^\/api\/v1(?=\/)/, '')
}

function ignore(): void {
  // The close that follows says all there is to say.
}
