import { HubError } from '../common/hub-error.js'

/** The token is good, but its session has not registered a node: only nodes signal. */
export class NodeNotRegisteredError extends HubError {
  readonly code = 'node_not_registered'
  readonly status = 403

  constructor() {
    super('this session has no registered node: register its certificate first')
  }
}

/** A browser page from an origin the operator has not listed. */
export class OriginNotAllowedError extends HubError {
  readonly code = 'origin_not_allowed'
  readonly status = 403

  constructor() {
    super('this Origin may not open a socket: the operator lists those that may in ALLOWED_ORIGINS')
  }
}

/** This instance takes no more sockets just now. */
export class NoRoomError extends HubError {
  readonly code = 'no_room'
  readonly status = 503
  override readonly retryAfterSeconds = 5
}

/** Two running copies of one node take the connection from each other again and again. */
export class ReplacedTooOftenError extends HubError {
  readonly code = 'replaced_too_often'
  readonly status = 503

  constructor(override readonly retryAfterSeconds: number) {
    super('this node replaced its connection too often: is another copy of it running?')
  }
}

/** The first frame of a socket without credentials was something else. */
export class AuthFrameExpectedError extends HubError {
  readonly code = 'not_allowed'
  readonly status = 403

  constructor() {
    super('the first frame must be {"type":"auth","token":…}')
  }
}
