import { NotFoundError } from '../common/hub-error.js'

/** The account has no such live session; whether anybody else has is not said. */
export class SessionNotFoundError extends NotFoundError {
  override readonly code = 'session_not_found'

  constructor() {
    super('you have no live session with this id: GET /sessions lists those you have')
  }
}
