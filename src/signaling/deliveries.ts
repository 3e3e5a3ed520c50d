import { Injectable } from '@nestjs/common'

import type { ActorNode } from '../identity/actor.js'
import type { Connection, Delivery } from '../routing/connection.js'
import { SignalRouter } from '../routing/signal-router.js'
import { modernSignal, numberedFrame, signalFrame } from './protocol/hub-frames.js'

/** Hands signals to the connections of this instance, as each client reads them. Synchronous. */
@Injectable()
export class Deliveries {
  constructor(private readonly router: SignalRouter) {}

  /** A target that is malformed, unknown or not here is `offline`, by the same steps. */
  deliver(target: string, sender: ActorNode, payloadText: string): Delivery {
    const connection = this.router.find(target)
    if (!connection) return 'offline'
    if (!connection.isModern) {
      return connection.send(signalFrame(target, sender.nodeId, payloadText))
    }
    // One of the two gives way when both offer at once: the node with the smaller id.
    const isPolite = connection.actor.node.longId < sender.longId
    return this.hand(connection, modernSignal(target, sender, isPolite, payloadText))
  }

  /**
   * Numbers a signal of a `v=2` connection, and keeps it in case its client drops.
   *
   * @param open the frame without `seq` and without its last brace
   */
  hand(connection: Connection, open: string): Delivery {
    const { sent } = connection
    if (!sent) return 'offline'
    const delivery = connection.send(numberedFrame(open, sent.nextSeq))
    if (delivery === 'delivered') sent.keepSignal(open, performance.now())
    return delivery
  }
}
