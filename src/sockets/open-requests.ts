import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

import { Injectable, type OnModuleInit } from '@nestjs/common'
import { type AbstractHttpAdapter, HttpAdapterHost } from '@nestjs/core'

/** The HTTP requests that are being answered: an instance that stops answers them first. */
@Injectable()
export class OpenRequests implements OnModuleInit {
  private readonly open = new Set<ServerResponse>()
  private readonly bySocket = new WeakMap<Socket, Set<ServerResponse>>()
  private isEnding = false
  private onLast: () => void = () => undefined

  constructor(private readonly host: HttpAdapterHost<AbstractHttpAdapter<Server>>) {}

  onModuleInit(): void {
    // Before Fastify's own listener, which may answer at once.
    this.server.prependListener('request', (request, response) => this.note(request, response))
  }

  /** From now on each answer ends its connection: the next request is better sent elsewhere. */
  begin(): void {
    this.isEnding = true
    for (const response of this.open) response.shouldKeepAlive = false
  }

  /** Takes no more connections, and resolves when every request was answered, or after so long. */
  async finish(milliseconds: number): Promise<void> {
    this.begin()
    this.server.close()
    if (this.open.size === 0) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds)
      this.onLast = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  private get server(): Server {
    return this.host.httpAdapter.getHttpServer()
  }

  private note({ socket }: IncomingMessage, response: ServerResponse): void {
    const others = this.ofSocket(socket)
    others.add(response)
    this.open.add(response)
    if (this.isEnding) response.shouldKeepAlive = false
    response.once('close', () => {
      others.delete(response)
      this.forget(response)
    })
  }

  /** An answer that waits for the one before it, to a client that has gone, is never told that it is closed. */
  private ofSocket(socket: Socket): Set<ServerResponse> {
    const known = this.bySocket.get(socket)
    if (known) return known
    const responses = new Set<ServerResponse>()
    this.bySocket.set(socket, responses)
    socket.once('close', () => {
      for (const response of responses) this.forget(response)
    })
    return responses
  }

  private forget(response: ServerResponse): void {
    if (this.open.delete(response) && this.open.size === 0) this.onLast()
  }
}
