import { HttpException } from '@nestjs/common'

import {
  BodyTooLargeError,
  HubError,
  InternalError,
  InvalidRequestError,
  NotFoundError,
  UnsupportedMediaTypeError,
} from './hub-error.js'

/** Characters of another library's message. */
const MAX_DETAIL = 200

/**
 * Turns whatever was thrown into a HubError, the only kind callers ever see.
 *
 * Nest and Fastify throw their own errors before a controller runs (unknown route, unreadable
 * body); those that blame the caller keep their meaning, all else is the hub's fault.
 */
export function describeError(error: unknown): HubError {
  if (error instanceof HubError) return error
  const status = statusOf(error)
  if (status === 404) return new NotFoundError('there is no such route')
  if (status === 413) return new BodyTooLargeError()
  if (status === 414) return new InvalidRequestError('a part of the path is too long')
  if (status === 415) return new UnsupportedMediaTypeError()
  if (status !== null && status >= 400 && status < 500) {
    return new InvalidRequestError(messageOf(error), null, { cause: error })
  }
  return new InternalError(error)
}

function statusOf(error: unknown): number | null {
  if (error instanceof HttpException) return error.getStatus()
  if (typeof error !== 'object' || error === null || !('statusCode' in error)) return null
  return typeof error.statusCode === 'number' ? error.statusCode : null
}

/** Shortened, because some of Fastify's messages repeat what the caller sent, however long. */
function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : 'the request could not be read'
  if (message.length <= MAX_DETAIL) return message
  return `${message.slice(0, MAX_DETAIL / 2)}…${message.slice(-MAX_DETAIL / 2)}`
}
