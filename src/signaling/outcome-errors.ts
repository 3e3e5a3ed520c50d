import type { Outcome } from '../routing/forwarder.js'
import type { Ref } from './protocol/frames.js'
import type { ErrorFrame } from './protocol/hub-frames.js'

/** What a sender is told of a signal that was not handed over. */
export function errorOf(
  outcome: Exclude<Outcome, 'delivered'>,
  target: string,
  ref: Ref | null,
): ErrorFrame {
  switch (outcome) {
    case 'offline':
      return { code: 'target_offline', message: 'the target is not connected', target, ref }
    case 'slow': {
      const message = 'the target does not read its frames fast enough'
      return { code: 'target_slow', message, target, ref, retryAfterSeconds: 1 }
    }
    case 'unknown': {
      const message = 'the instance of the target could not be reached'
      return { code: 'relay_failed', message, target, ref }
    }
  }
}
