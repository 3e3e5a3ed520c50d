import { Injectable } from '@nestjs/common'

import type { ActorNode } from '../../identity/actor.js'
import { Deliveries } from '../deliveries.js'
import { callSignalFrame, modernCallSignal } from '../protocol/hub-frames.js'
import type { Call } from './call.js'
import type { Missed } from './missed.js'

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
