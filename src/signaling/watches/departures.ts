import { Injectable } from '@nestjs/common'

import { SHORT_ID_LENGTH } from '../../identity/node-id.js'
import { Instances } from '../../instances/instances.js'
import type { Connection } from '../../routing/connection.js'
import { ConnectionRegistry } from '../../routing/connection-registry.js'

/** Where a node was claimed it becomes a connection within this time, or not at all. */
const UNDER_WAY_MS = 2_000

/**
 * Nodes whose connection here gave way to one at another instance. That one claims the node before it
 * has the connection, so for a moment the node is nowhere; to those who watch, that is no change.
 */
@Injectable()
export class Departures {
  /** By short id: the connection that was, and when the node is given up. */
  private readonly underWay = new Map<string, { connection: Connection; timer: NodeJS.Timeout }>()
  private readonly listeners: ((connection: Connection) => void)[] = []

  constructor(connections: ConnectionRegistry, instances: Instances) {
    // Here, not in `onModuleInit`: others who observe the same rely on what this one knows by then.
    connections.observe({
      arrived: ({ actor }) => this.forget(actor.node.shortId),
      gone: (connection, isReplaced) => {
        const isHere = connections.get(connection.actor.node.shortId) !== null
        if (isReplaced && !isHere && !connection.actor.isHidden) this.begin(connection)
      },
    })
    instances.on('presence', ({ online }) => {
      if (this.underWay.size === 0) return
      // When everybody here has taken it in.
      setImmediate(() => {
        for (const longId of online) this.end(longId.slice(0, SHORT_ID_LENGTH))
      })
    })
  }

  /** Is called when another instance has told of a node, or it has had its time and nobody has it. */
  onOver(listener: (connection: Connection) => void): void {
    this.listeners.push(listener)
  }

  /** The connection of a node that is on its way to another instance. */
  get(shortId: string): Connection | null {
    return this.underWay.get(shortId)?.connection ?? null
  }

  private begin(connection: Connection): void {
    const { shortId } = connection.actor.node
    this.forget(shortId)
    const timer = setTimeout(() => this.end(shortId), UNDER_WAY_MS)
    timer.unref()
    this.underWay.set(shortId, { connection, timer })
  }

  private end(shortId: string): void {
    const departure = this.underWay.get(shortId)
    if (!departure) return
    this.forget(shortId)
    for (const listener of this.listeners) listener(departure.connection)
  }

  private forget(shortId: string): void {
    const departure = this.underWay.get(shortId)
    if (departure) clearTimeout(departure.timer)
    this.underWay.delete(shortId)
  }
}
