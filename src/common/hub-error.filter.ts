import { randomUUID } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'

import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common'
import type { FastifyReply, FastifyRequest } from 'fastify'

import { describeError } from './describe-error.js'
import type { ErrorBody, HubError } from './hub-error.js'
import { Logger } from './logger.js'
import { oauthFields } from './oauth-error.js'

/** One error body on every route (CONTRACT); a filter of a few routes may add to it. */
@Catch()
export class HubErrorFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp()
    const error = describeError(thrown)
    const request: FastifyRequest = http.getRequest()
    const fields = { request_id: request.id, route: request.routeOptions.url }
    // One line: during an outage there are many, and each says the same.
    if (error.status === 503) this.logger.warn('unavailable', { ...fields, error: error.code })
    else if (error.status >= 500) this.logger.failure(error, fields)
    this.answer(error, request, http.getResponse())
  }

  /** For routes whose callers read something else than the one error body. */
  protected answer(error: HubError, request: FastifyRequest, reply: FastifyReply): void {
    sendError(reply, error, request.id, request.routeOptions.url)
  }
}

export function errorBody(error: HubError, requestId: string): ErrorBody {
  return {
    detail: error.message,
    error_code: error.code,
    request_id: requestId,
    ...(error.issues ? { issues: error.issues } : {}),
  }
}

/** Headers that belong to an error whatever carries it: an HTTP answer or a refused upgrade. */
export function errorHeaders(error: HubError): Record<string, string> {
  return {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    ...(error.status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
    ...(error.retryAfterSeconds === null
      ? {}
      : { 'retry-after': String(Math.max(1, Math.ceil(error.retryAfterSeconds))) }),
    ...error.headers,
  }
}

/** @param path the route's template, if there is a route */
export function sendError(
  reply: FastifyReply,
  error: HubError,
  requestId: string,
  path?: string,
): void {
  if (reply.sent) return
  void reply
    .status(error.status)
    .headers(errorHeaders(error))
    .send(JSON.stringify({ ...oauthFields(error, path), ...errorBody(error, requestId) }))
}

/** The same answer for a socket that no HTTP response stands for: a broken request, a refused upgrade. */
export function endWithError(socket: Duplex, error: HubError): void {
  const requestId = randomUUID()
  const body = JSON.stringify(errorBody(error, requestId))
  const headers = {
    ...errorHeaders(error),
    'x-request-id': requestId,
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  const reason = STATUS_CODES[error.status] ?? 'Error'
  socket.once('finish', () => socket.destroy())
  socket.end(`HTTP/1.1 ${error.status} ${reason}\r\n${lines.join('\r\n')}\r\n\r\n${body}`)
}
