import type { FastifyReply, FastifyRequest } from 'fastify'

import type { Logger } from './logger.js'

/**
 * One line for each answered request: the route's template, never the path or the query, for a
 * path may hold a node id and a query a token.
 */
export function requestLog(logger: Logger) {
  return (request: FastifyRequest, reply: FastifyReply, next: () => void): void => {
    logger.info('request', {
      method: request.method,
      route: request.routeOptions.url ?? 'none',
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime),
      request_id: request.id,
    })
    next()
  }
}
