import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'

import { NestFactory } from '@nestjs/core'
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify'
import type { FastifyReply, FastifyRequest } from 'fastify'

import { AppModule, type Surroundings } from './app.module.js'
import { describeError } from './common/describe-error.js'
import {
  InvalidRequestError,
  MAX_BODY_BYTES,
  NotFoundError,
  UnsupportedMediaTypeError,
} from './common/hub-error.js'
import { endWithError, sendError } from './common/hub-error.filter.js'
import { parseFormBody, parseJsonBody } from './common/json.js'
import { requestLog } from './common/request-log.js'
import { ApiDocument } from './docs/api-document.js'
import { Admissions } from './signaling/admissions.js'
import { SocketAdapter } from './sockets/socket.adapter.js'
import { WebSocketRequest } from './sockets/websocket-request.js'

/** Routes a monitor may ask with HEAD. Elsewhere a prefetch would use up a login (RFC 9110 §9.3.2). */
const HEAD_ROUTES = new Set(['/', '/health', '/livez', '/readyz'])

/** Milliseconds for the head of a request, an upgrade's too, from the connection's beginning; and how often they are looked for. */
const HEAD_MS = 10_000
const LOOK_MS = 2_000
/** Milliseconds for a whole request: 32 KiB over a bad line. */
const REQUEST_MS = 30_000
/** Connections that are no sockets yet, or never: beyond these the process would run out of files. */
const OTHER_CONNECTIONS = 2_000

/**
 * The whole hub, ready to listen: HTTP, sockets, database. Tests start it through here too.
 * `app.close()` ends what it began, the embedded database included.
 */
export async function createApp(surroundings: Surroundings): Promise<NestFastifyApplication> {
  const { config, logger } = surroundings
  const isHttps = config.http.publicUrl.startsWith('https:')
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.in(surroundings),
    new FastifyAdapter({
      bodyLimit: MAX_BODY_BYTES,
      genReqId: () => randomUUID(),
      // Classic clients may put /api/v1 before any path (CONTRACT §1).
      rewriteUrl: ({ url = '/' }) => url.replace(/^\/api\/v1(?=[/?]|$)\/?/, '/'),
      // No hook runs for a path that cannot be decoded.
      frameworkErrors: (error: unknown, request: FastifyRequest, reply: FastifyReply) => {
        void reply.headers(safeHeaders(request, isHttps))
        sendError(reply, describeError(error), request.id)
      },
      // Node would refuse a request without Host itself, with an empty body.
      http: {
        IncomingMessage: WebSocketRequest,
        requireHostHeader: false,
        headersTimeout: HEAD_MS,
        connectionsCheckingInterval: LOOK_MS,
      },
      clientErrorHandler: refuseBrokenRequest,
      return503OnClosing: false,
      requestTimeout: REQUEST_MS,
    }),
    { logger, abortOnError: false, forceCloseConnections: true },
  )
  app.useBodyParser('application/json', { bodyLimit: MAX_BODY_BYTES }, bodyParser(parseJsonBody))
  app.useBodyParser('application/x-www-form-urlencoded', { bodyLimit: MAX_BODY_BYTES }, readForm)
  const cors = corsFor(config.http.allowedOrigins)
  app.enableCors({
    delegator: (request, done) => done(null, isPage(request) ? { origin: false } : cors),
  })
  const fastify = app.getHttpAdapter().getInstance()
  fastify.removeContentTypeParser('text/plain')
  fastify.addHook('onRequest', safeByDefault(isHttps))
  fastify.addHook('onResponse', requestLog(logger))
  fastify.server.on('checkExpectation', refuseExpectation)
  fastify.server.maxConnections = config.signaling.maxConnections + OTHER_CONNECTIONS
  app.useWebSocketAdapter(
    new SocketAdapter(
      fastify.server,
      config.signaling.maxFrameBytes,
      { '/ws/signal': app.get(Admissions) },
      logger,
    ),
  )
  app.get(ApiDocument).describe(app)
  return app
}

function corsFor(allowedOrigins: readonly string[]) {
  return {
    origin: [...allowedOrigins],
    methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowedHeaders: ['authorization', 'content-type', 'dpop'],
    exposedHeaders: ['retry-after', 'x-request-id', 'dpop-nonce', 'www-authenticate'],
    maxAge: 600,
    // An OPTIONS request that asks for nothing would be refused in plain text.
    strictPreflight: false,
  }
}

/** Where browsers are sent and no script has business: the authorization endpoint first (RFC 9700 §2.6). */
const PAGES =
  /^\/(?:oauth\/authorize|device(?:\/confirm)?|(?:auth\/)?login\/[^/]+|auth\/(?:[^/]+\/callback|callback\/[^/]+))$/

/** By its route; a preflight has none, and what it is for is judged again when it comes. */
function isPage({ method, routeOptions, url }: FastifyRequest): boolean {
  const [path = ''] = url.split('?', 1)
  return PAGES.test(method === 'OPTIONS' ? path : (routeOptions.url ?? ''))
}

type BodyDone = (error: Error | null, value?: unknown) => void

function bodyParser(parse: (body: Buffer) => unknown) {
  return (_request: unknown, body: Buffer, done: BodyDone): void => {
    try {
      done(null, body.length === 0 ? undefined : parse(body))
    } catch (error) {
      done(describeError(error))
    }
  }
}

const readFormBody = bodyParser(parseFormBody)

/** Forms are for OAuth (RFC 6749 §3.2), its pages and the development provider; all else takes JSON. */
const FORM_PATHS = /^\/(?:token|oauth\/\w+|device(?:\/\w+)?|dev-login\/.*)(?:$|\?)/

function readForm(request: { url?: string }, body: Buffer, done: BodyDone): void {
  if (FORM_PATHS.test(request.url ?? '')) readFormBody(request, body, done)
  else done(new UnsupportedMediaTypeError())
}

/** Headers every answer carries unless its route says otherwise. */
function safeHeaders(request: FastifyRequest, isHttps: boolean): Record<string, string> {
  return {
    'x-request-id': request.id,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    // For browsers that do not know frame-ancestors (RFC 9700 §4.16).
    'x-frame-options': 'DENY',
    ...(isHttps ? { 'strict-transport-security': 'max-age=31536000' } : {}),
  }
}

/** Sets those headers, and lets HEAD pass only where it is harmless. */
function safeByDefault(isHttps: boolean) {
  return (request: FastifyRequest, reply: FastifyReply, next: () => void): void => {
    void reply.headers(safeHeaders(request, isHttps))
    const { method, headers, raw } = request
    if (headers.host === undefined && raw.httpVersion === '1.1') {
      sendError(reply, new InvalidRequestError('HTTP/1.1 needs a Host header'), request.id)
    } else if (method === 'HEAD' && !HEAD_ROUTES.has(request.routeOptions.url ?? '')) {
      sendError(reply, new NotFoundError('HEAD is not answered here'), request.id)
    } else {
      next()
    }
  }
}

/** What Node's HTTP parser could not read never becomes a request; it still gets the one error body. */
function refuseBrokenRequest(cause: Error, socket: Duplex): void {
  if (!socket.writable) {
    socket.destroy()
    return
  }
  const code = 'code' in cause ? cause.code : null
  const detail = BROKEN.get(code) ?? 'this is not a valid HTTP/1.1 request'
  endWithError(socket, new InvalidRequestError(detail, null, { cause }))
}

const BROKEN = new Map<unknown, string>([
  ['ERR_HTTP_REQUEST_TIMEOUT', 'the request did not arrive in time'],
  ['HPE_HEADER_OVERFLOW', 'the headers are larger than 16 KiB'],
])

/** Node would answer with an empty 417 itself. */
function refuseExpectation({ socket }: IncomingMessage): void {
  endWithError(socket, new InvalidRequestError('Expect: only 100-continue is known here'))
}
