import { Injectable } from '@nestjs/common'

import type { ActorNode } from '../identity/actor.js'
import { Presence } from '../presence/presence.js'
import type { Connection } from './connection.js'

/** Is told, synchronously, what becomes of the connections of this process. */
export interface ConnectionObserver {
  /** It is its node's live one now; `replaced` was, and hears nothing more. */
  arrived?(connection: Connection, replaced: Connection | null): void
  /** It is no longer live: `isReplaced` when another of its node is. */
  gone?(connection: Connection, isReplaced: boolean): void
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
    const { accountId, node } = connection.actor
    const replaced = this.get(node.shortId)
    if (replaced) this.presence.leave(replaced.actor.accountId, node)
    this.byShortId.set(node.shortId, connection)
    this.presence.join(accountId, node)
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
    connection.actor = { ...connection.actor, node }
    this.presence.rename(connection.actor.accountId, node)
  }

  /** Compares identity: the late close of a replaced connection never takes the new one offline. */
  remove(connection: Connection): void {
    const { accountId, node } = connection.actor
    if (this.byShortId.get(node.shortId) !== connection) return
    this.byShortId.delete(node.shortId)
    this.presence.leave(accountId, node)
    for (const observer of this.observers) observer.gone?.(connection, false)
  }
}
