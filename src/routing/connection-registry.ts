import { Injectable } from '@nestjs/common'

import type { ActorNode } from '../identity/actor.js'
import { Presence } from '../presence/presence.js'
import type { Connection, NodeActor } from './connection.js'

/** Is told, synchronously, what becomes of the connections of this process. */
export interface ConnectionObserver {
  /** It is its node's live one now; `replaced` was, and hears nothing more. */
  arrived?(connection: Connection, replaced: Connection | null): void
  /** It is no longer live: `isReplaced` when another of its node is, here or at another instance. */
  gone?(connection: Connection, isReplaced: boolean): void
  /** Its account or its node is not what it was: hidden or shown, under another form of its id. */
  changed?(connection: Connection): void
  /** This instance begins to stop. */
  draining?(): void
}

/** The open connections of this process: one live connection for each node. */
@Injectable()
export class ConnectionRegistry {
  /** By the short id, which is a prefix of the long one: either form finds the node. */
  private readonly byShortId = new Map<string, Connection>()

  private readonly observers: ConnectionObserver[] = []

  private isStopping = false

  constructor(private readonly presence: Presence) {}

  get size(): number {
    return this.byShortId.size
  }

  /** True from the moment this instance begins to stop: it takes no more connections. */
  get isDraining(): boolean {
    return this.isStopping
  }

  startDraining(): void {
    this.isStopping = true
    for (const observer of this.observers) observer.draining?.()
  }

  observe(observer: ConnectionObserver): void {
    this.observers.push(observer)
  }

  /** In no particular order. */
  all(): IterableIterator<Connection> {
    return this.byShortId.values()
  }

  get(shortId: string): Connection | null {
    return this.byShortId.get(shortId) ?? null
  }

  /** Makes `connection` its node's live one and returns the one it replaces. Synchronous. */
  add(connection: Connection): Connection | null {
    const { shortId } = connection.actor.node
    const replaced = this.get(shortId)
    if (replaced) this.presence.leave(replaced.actor)
    this.byShortId.set(shortId, connection)
    this.presence.join(connection.actor)
    for (const observer of this.observers) {
      if (replaced) observer.gone?.(replaced, true)
      observer.arrived?.(connection, replaced)
    }
    return replaced
  }

  /** A live node was registered under another form of its id: from now on it goes by that. */
  rename(node: ActorNode): void {
    const connection = this.get(node.shortId)
    if (connection?.actor.node.spkiSha256 !== node.spkiSha256) return
    this.change(connection, { ...connection.actor, node })
  }

  /** The live nodes of an account are to be seen from now on, or not. */
  hide(accountId: number, isHidden: boolean): void {
    for (const { shortId } of this.presence.nodesOf(accountId)) {
      const connection = this.get(shortId)
      if (connection && connection.actor.isHidden !== isHidden) {
        this.change(connection, { ...connection.actor, isHidden })
      }
    }
  }

  /**
   * A connection goes on as another actor of the same node. One that is not live any more may. What
   * nobody sees, another session for instance, is announced to nobody.
   */
  change(connection: Connection, actor: NodeActor): void {
    const before = connection.actor
    connection.actor = actor
    if (this.get(actor.node.shortId) !== connection) return
    this.presence.change(actor)
    if (actor.isHidden === before.isHidden && actor.node.nodeId === before.node.nodeId) return
    for (const observer of this.observers) observer.changed?.(connection)
  }

  /** Compares identity: the late close of a replaced connection never takes the new one offline. */
  remove(connection: Connection, isReplaced = false): void {
    const { shortId } = connection.actor.node
    if (this.byShortId.get(shortId) !== connection) return
    this.byShortId.delete(shortId)
    this.presence.leave(connection.actor)
    for (const observer of this.observers) observer.gone?.(connection, isReplaced)
  }
}
