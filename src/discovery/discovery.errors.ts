import { HubError, InvalidRequestError } from '../common/hub-error.js'

/** The cursor is none of this hub's, or belongs to another search or another account. */
export class InvalidCursorError extends InvalidRequestError {
  override readonly code = 'invalid_cursor'

  constructor() {
    super(
      'cursor: expected next_cursor of the page before, with the same search by the same account',
      [{ path: 'cursor', message: 'is not of this search' }],
    )
  }
}

/** An account has been shown as many people as it may be in a day. */
export class FoundLimitError extends HubError {
  readonly code = 'found_limit'
  readonly status = 429

  constructor(
    limit: number,
    override readonly retryAfterSeconds: number,
  ) {
    super(`you have been shown ${limit} different profiles today, as many as an account may be`)
  }
}
