import type { NodeId } from '../../identity/node-id.js'
import type { Client } from '../client.js'
import type { Ref } from '../protocol/frames.js'

/** A member that a signal was not handed to. */
export interface Missed {
  readonly nodeId: NodeId
  readonly code: MissedCode
}

/** The worst first: of a signal that several missed, its sender is told the worst. */
const MISSED_CODES = ['relay_failed', 'target_slow', 'target_offline'] as const

type MissedCode = (typeof MISSED_CODES)[number]

/** One answer for one signal: all had it, or exactly one error that says how many did not. */
export function report(client: Client, ref: Ref | null, missed: readonly Missed[]): void {
  const [first, ...others] = missed
  if (!first) {
    client.acknowledge(ref)
    return
  }
  const isOne = others.length === 0
  const code = MISSED_CODES.find((code) => missed.some((each) => each.code === code)) ?? first.code
  client.refuse({
    code,
    message: isOne
      ? 'a member of the call did not get it'
      : `${missed.length} members of the call did not get it`,
    ref,
    ...(isOne ? { target: first.nodeId } : {}),
    ...(code === 'target_slow' ? { retryAfterSeconds: 1 } : {}),
  })
}
