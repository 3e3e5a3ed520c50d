import { Injectable } from '@nestjs/common'

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

  constructor(connections: ConnectionRegistry) {
    // Here, not in `onModuleInit`: others who observe the same rely on what this one knows by then.
    connections.observe({
      arrived: ({ actor }) => this.forget(actor.node.shortId),
      gone: (connection, isReplaced) => {
        const isHere = connections.get(connection.actor.node.shortId) !== null
        if (isReplaced && !isHere && !connection.actor.isHidden) this.begin(connection)
      },
    })
  }

  /** Is called when a node has had its time; by now another instance has told of it, or nobody has it. */
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
    const timer = setTimeout(() => {
      this.underWay.delete(shortId)
      for (const listener of this.listeners) listener(connection)
    }, UNDER_WAY_MS)
    timer.unref()
    this.underWay.set(shortId, { connection, timer })
  }

  private forget(shortId: string): void {
    const departure = this.underWay.get(shortId)
    if (departure) clearTimeout(departure.timer)
    this.underWay.delete(shortId)
  }
}
