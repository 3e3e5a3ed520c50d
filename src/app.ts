import { randomUUID } from 'node:crypto'
import type { Duplex } from 'node:stream'

import { NestFactory } from '@nestjs/core'
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify'
import type { FastifyReply, FastifyRequest } from 'fastify'

import { AppModule, type Surroundings } from './app.module.js'
import { describeError } from './common/describe-error.js'
import { InvalidRequestError, MAX_BODY_BYTES, NotFoundError } from './common/hub-error.js'
import { endWithError, sendError } from './common/hub-error.filter.js'
import { parseJsonBody } from './common/json.js'
import { requestLog } from './common/request-log.js'
import { describeApi } from './openapi.js'
import { Admissions } from './signaling/admissions.js'
import { SocketAdapter } from './sockets/socket.adapter.js'

/** Routes a monitor may ask with HEAD. Elsewhere a prefetch would use up a login (RFC 9110 §9.3.2). */
const HEAD_ROUTES = new Set(['/', '/health', '/livez', '/readyz'])

/**
 * The whole hub, ready to listen: HTTP, sockets, database. Tests start it through here too.
 * `app.close()` ends what it began, the embedded database included.
 */
export async function createApp(surroundings: Surroundings): Promise<NestFastifyApplication> {
  const { config, logger } = surroundings
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.in(surroundings),
    new FastifyAdapter({
      bodyLimit: MAX_BODY_BYTES,
      genReqId: () => randomUUID(),
      // Classic clients may put /api/v1 before any path (CONTRACT §1).
      rewriteUrl: ({ url = '/' }) => url.replace(/^\/api\/v1(?=[/?]|$)\/?/, '/'),
      frameworkErrors: (error: unknown, request: FastifyRequest, reply: FastifyReply) =>
        sendError(reply, describeError(error), request.id),
      clientErrorHandler: refuseBrokenRequest,
      return503OnClosing: false,
      requestTimeout: 30_000,
    }),
    { logger, abortOnError: false, forceCloseConnections: true },
  )
  app.useBodyParser('application/json', { bodyLimit: MAX_BODY_BYTES }, readJson)
  app.enableCors({
    origin: [...config.http.allowedOrigins],
    methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowedHeaders: ['authorization', 'content-type', 'dpop'],
    exposedHeaders: ['retry-after', 'x-request-id', 'dpop-nonce'],
    maxAge: 600,
  })
  const fastify = app.getHttpAdapter().getInstance()
  fastify.addHook('onRequest', safeByDefault(config.http.publicUrl.startsWith('https:')))
  fastify.addHook('onResponse', requestLog(logger))
  const admissions = app.get(Admissions)
  app.useWebSocketAdapter(
    new SocketAdapter(fastify.server, config.signaling.maxFrameBytes, {
      '/ws/signal': (request) => admissions.admit(request),
    }),
  )
  describeApi(app)
  return app
}

function readJson(
  _request: unknown,
  body: Buffer,
  done: (error: Error | null, value?: unknown) => void,
): void {
  try {
    done(null, body.length === 0 ? undefined : parseJsonBody(body))
  } catch (error) {
    done(describeError(error))
  }
}

/** Headers every answer carries unless its route says otherwise; HEAD only where it is harmless. */
function safeByDefault(isHttps: boolean) {
  return (request: FastifyRequest, reply: FastifyReply, next: () => void): void => {
    void reply.headers({
      'x-request-id': request.id,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      ...(isHttps ? { 'strict-transport-security': 'max-age=31536000' } : {}),
    })
    const route = request.routeOptions.url ?? ''
    if (request.method === 'HEAD' && !HEAD_ROUTES.has(route)) {
      sendError(reply, new NotFoundError('HEAD is not answered here'), request.id)
      return
    }
    next()
  }
}

/** What Node's HTTP parser could not read never becomes a request; it still gets the one error body. */
function refuseBrokenRequest(cause: Error, socket: Duplex): void {
  if (!socket.writable) {
    socket.destroy()
    return
  }
  endWithError(
    socket,
    new InvalidRequestError('this is not a valid HTTP/1.1 request', null, { cause }),
  )
}
