/** Bytes of the largest request body: a profile (CONTRACT §1). */
export const MAX_BODY_BYTES = 32 * 1_024

/** The one error body, on every route; a socket's error frame carries the same `code` (CONTRACT). */
export interface ErrorBody {
  readonly detail: string
  readonly error_code: string
  readonly request_id: string
  readonly issues?: readonly Issue[]
}

/** One fault in what a caller sent. `path` is dotted: `expertise.python`. */
export interface Issue {
  readonly path: string
  readonly message: string
}

/**
 * An expected failure that a caller may act on.
 *
 * `message` is sent to the caller as `detail`: no secrets, no stack, no SQL.
 * Put the underlying fault in `cause`; it is logged and never sent.
 */
export abstract class HubError extends Error {
  /** Stable, snake_case, listed in docs/errors.md. Clients branch on this. */
  abstract readonly code: string
  /** HTTP status. */
  abstract readonly status: number
  /** Seconds, for the `Retry-After` header. */
  readonly retryAfterSeconds: number | null = null
  /** What was wrong, field by field. */
  readonly issues: readonly Issue[] | null = null
  /** Further headers of the answer, in lower case. */
  readonly headers: Readonly<Record<string, string>> = {}

  constructor(detail: string, options?: ErrorOptions) {
    super(detail, options)
    this.name = new.target.name
  }
}

/** Malformed or invalid input. */
export class InvalidRequestError extends HubError {
  readonly code: string = 'invalid_request'
  readonly status = 400

  constructor(
    detail: string,
    override readonly issues: readonly Issue[] | null = null,
    options?: ErrorOptions,
  ) {
    super(detail, options)
  }
}

/** The body is larger than any route takes. */
export class BodyTooLargeError extends HubError {
  readonly code = 'body_too_large'
  readonly status = 400

  constructor() {
    super(`the body is larger than ${MAX_BODY_BYTES} bytes`)
  }
}

/** The body is of a kind that no route reads. */
export class UnsupportedMediaTypeError extends HubError {
  readonly code = 'unsupported_media_type'
  readonly status = 400

  constructor() {
    super('this body cannot be read: send JSON, with content-type: application/json')
  }
}

/** No such route, or nothing there. */
export class NotFoundError extends HubError {
  readonly code: string = 'not_found'
  readonly status = 404
}

/** The caller has used up a limit. */
export class RateLimitedError extends HubError {
  readonly code = 'rate_limited'
  readonly status = 429

  constructor(override readonly retryAfterSeconds: number) {
    super(`too many requests: try again in ${retryAfterSeconds} s`)
  }
}

/** Something the hub needs is away; the same request may succeed soon. */
export class UnavailableError extends HubError {
  readonly code = 'unavailable'
  readonly status = 503

  constructor(
    detail = 'the hub gets no answer from its database just now: try again shortly',
    options?: ErrorOptions,
    override readonly retryAfterSeconds = 2,
  ) {
    super(detail, options)
  }
}

/** A fault of the hub itself. The cause is logged with the request id and never sent. */
export class InternalError extends HubError {
  readonly code = 'internal_error'
  readonly status = 500

  constructor(cause: unknown) {
    super('the hub failed to handle this request; quote the request_id to its operator', { cause })
  }
}
