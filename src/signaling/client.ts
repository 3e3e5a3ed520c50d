import type { Connection } from '../routing/connection.js'
import type { Ref } from './protocol/frames.js'
import type { ErrorFrame } from './protocol/hub-frames.js'

/** The owner of an open connection, as those see it who answer its frames. */
export interface Client {
  readonly connection: Connection
  /** It has sent nothing yet but pings, and perhaps `resume`. */
  readonly isNew: boolean
  /** Queues a frame that nobody waits for by a `ref`. */
  reply(frame: string): void
  /** Queues an `ack`, or another whole frame that answers a `ref`: a client that drops gets it again. */
  answer(frame: string): void
  /** The frame with this `ref` was handed over; nothing without one. */
  acknowledge(ref: Ref | null): void
  /** Exactly one error for a frame that is not taken. */
  refuse(error: ErrorFrame): void
}
