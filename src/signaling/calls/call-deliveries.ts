import { Injectable } from '@nestjs/common'

import type { ActorNode } from '../../identity/actor.js'
import type { NodeId } from '../../identity/node-id.js'
import type { Client } from '../client.js'
import { Deliveries } from '../deliveries.js'
import type { FrameErrorCode, Ref } from '../protocol/frames.js'
import { callSignalFrame, modernCallSignal } from '../protocol/hub-frames.js'
import type { Call } from './call.js'

/** A member that a signal was not handed to. */
export interface Missed {
  readonly nodeId: NodeId
  readonly code: MissedCode
}

/** The worse the later: of a signal that several missed, its sender is told the worst. */
export const MISSED_CODES = ['target_offline', 'target_slow', 'relay_failed'] as const

export type MissedCode = (typeof MISSED_CODES)[number] & FrameErrorCode

/** Hands signals to the members of a call that are at this instance. Synchronous; O(members). */
@Injectable()
export class CallDeliveries {
  constructor(private readonly deliveries: Deliveries) {}

  /**
   * To all members here but the sender.
   *
   * @param sender its `nodeId` is what it is called in the call
   * @returns those who did not get it
   */
  hand(call: Call, sender: ActorNode, payloadText: string): Missed[] {
    const missed: Missed[] = []
    let classic: string | null = null
    for (const { client, nodeId } of call.localMembers) {
      const { connection } = client
      const { shortId, longId } = connection.actor.node
      if (shortId === sender.shortId) continue
      const delivery = connection.isModern
        ? this.deliveries.hand(
            connection,
            modernCallSignal(call.id, sender, longId < sender.longId, payloadText),
          )
        : connection.send((classic ??= callSignalFrame(call.id, sender.nodeId, payloadText)))
      if (delivery === 'slow') missed.push({ nodeId, code: 'target_slow' })
      else if (delivery === 'offline') missed.push({ nodeId, code: 'target_offline' })
    }
    return missed
  }
}

/** One answer for one signal: all had it, or exactly one error that says how many did not. */
export function report(client: Client, ref: Ref | null, missed: readonly Missed[]): void {
  const [first, ...others] = missed
  if (!first) {
    client.acknowledge(ref)
    return
  }
  const code = MISSED_CODES.findLast((code) => missed.some((each) => each.code === code))
  client.refuse({
    code: code ?? first.code,
    message:
      others.length === 0
        ? 'a member of the call did not get it'
        : `${missed.length} members of the call did not get it`,
    ref,
    ...(others.length === 0 ? { target: first.nodeId } : {}),
    ...(code === 'target_slow' ? { retryAfterSeconds: 1 } : {}),
  })
}
