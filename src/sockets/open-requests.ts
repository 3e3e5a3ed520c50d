import type { Server, ServerResponse } from 'node:http'

import { Injectable, type OnModuleInit } from '@nestjs/common'
import { type AbstractHttpAdapter, HttpAdapterHost } from '@nestjs/core'

/** The HTTP requests that are being answered: an instance that stops answers them first. */
@Injectable()
export class OpenRequests implements OnModuleInit {
  private readonly open = new Set<ServerResponse>()
  private isEnding = false
  private onLast: () => void = () => undefined

  constructor(private readonly host: HttpAdapterHost<AbstractHttpAdapter<Server>>) {}

  onModuleInit(): void {
    // Before Fastify's own listener, which may answer at once.
    this.server.prependListener('request', (_request, response) => this.note(response))
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

  private note(response: ServerResponse): void {
    this.open.add(response)
    if (this.isEnding) response.shouldKeepAlive = false
    response.once('close', () => {
      this.open.delete(response)
      if (this.open.size === 0) this.onLast()
    })
  }
}
