import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'

import { AbstractWsAdapter } from '@nestjs/websockets'
import { WebSocketServer } from 'ws'

import { describeError } from '../common/describe-error.js'
import type { Logger } from '../common/logger.js'
import { endWithError } from '../common/hub-error.filter.js'
import { InvalidRequestError, NotFoundError, UnavailableError } from '../common/hub-error.js'
import { HubSocket } from './hub-socket.js'
import { UpgradeTurns } from './upgrade-turns.js'

/** Decides who gets a socket at one path. */
export interface Door {
  /**
   * Resolves if the caller may have one. Rejects with the HubError that refuses the upgrade. Asked about
   * sound handshakes alone; who has hung up while it is asked gets nothing.
   */
  admit(request: IncomingMessage): Promise<void>
  /** The upgrade is over: a socket was opened, or the handshake failed after all. */
  forget(request: IncomingMessage): void
}

/** Fragments of one frame (CONTRACT §3; CVE-2026-48779). */
const MAX_FRAGMENTS = 16
/** A frame may come in pieces as small as this on average; smaller ones close with 1008 (CVE-2026-62389). */
const SMALLEST_CHUNK_BYTES = 16
/** Milliseconds a peer may take to answer a close frame. */
const CLOSE_TIMEOUT_MS = 5_000

/**
 * A Nest adapter over `ws` that does the upgrade and nothing else.
 *
 * 1. The caller is admitted before the 101, so a stranger never holds a socket and a refusal is an
 *    HTTP answer with the one error body. A path without a door fails at start.
 * 2. Nest does not listen for messages; the gateway does. The stock pipeline costs several promises
 *    and observables a frame, and drops bad JSON and unknown types without a reply (ADR 0003).
 */
export class SocketAdapter extends AbstractWsAdapter {
  private readonly turns = new UpgradeTurns()

  constructor(
    private readonly listener: Server,
    private readonly maxFrameBytes: number,
    private readonly doors: Readonly<Record<string, Door>>,
    private readonly logger: Logger,
  ) {
    super()
  }

  create(_port: number, { path = '/' }: { path?: string }): WebSocketServer {
    const door = this.doors[path]
    if (!door) throw new Error(`nobody says who may open ${path}`)
    const options = {
      noServer: true,
      WebSocket: HubSocket,
      maxPayload: this.maxFrameBytes,
      maxFragments: MAX_FRAGMENTS,
      maxBufferedChunks: Math.ceil(this.maxFrameBytes / SMALLEST_CHUNK_BYTES),
      closeTimeout: CLOSE_TIMEOUT_MS,
      perMessageDeflate: false,
      clientTracking: false,
    }
    const server = new WebSocketServer({
      ...options,
      // Only now: what lets a node in closes its connection elsewhere.
      verifyClient: ({ req }, answer) => this.admit(door, req, () => answer(true)),
    })
    // A handshake that `ws` refuses gets the one error body too.
    server.on('wsClientError', (error: Error, socket: Duplex) => {
      endWithError(socket, new InvalidRequestError(error.message))
    })
    this.listener.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      // Until `ws` owns the socket, a reset on it must not end the process.
      socket.on('error', ignore)
      if (pathOf(request) !== path) {
        endWithError(socket, new NotFoundError('no socket here'))
        return
      }
      this.turns.take(
        () =>
          server.handleUpgrade(request, socket, head, (client) => {
            server.emit('connection', client, request)
          }),
        () => endWithError(socket, new UnavailableError('too many connect just now')),
      )
    })
    return server
  }

  /**
   * Called when `ws` has judged all of the handshake.
   *
   * @param open answers with the 101, unless the client is gone
   */
  private admit(door: Door, request: IncomingMessage, open: () => void): void {
    const { socket } = request
    door.admit(request).then(
      () => {
        socket.off('error', ignore)
        open()
        door.forget(request)
      },
      (thrown: unknown) => {
        const error = describeError(thrown)
        if (error.status === 500) this.logger.failure(error)
        endWithError(socket, error)
      },
    )
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
