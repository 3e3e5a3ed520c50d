import type { FastifyReply, FastifyRequest } from 'fastify'

import type { Logger } from './logger.js'

/** What monitors ask every few seconds: logged at trace, unless it fails. */
const QUIET_ROUTES = new Set(['/health', '/livez', '/readyz'])

/**
 * One line for each answered request: the route's template, never the path or the query, for a
 * path may hold a node id and a query a token.
 */
export function requestLog(logger: Logger) {
  return (request: FastifyRequest, reply: FastifyReply, next: () => void): void => {
    const route = request.routeOptions.url ?? 'none'
    const isQuiet = QUIET_ROUTES.has(route) && reply.statusCode < 400
    logger[isQuiet ? 'trace' : 'info']('request', {
      method: request.method,
      route,
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime),
      request_id: request.id,
    })
    next()
  }
}
