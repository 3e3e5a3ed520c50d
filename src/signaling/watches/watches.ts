import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common'

import { HubConfig } from '../../config/hub-config.js'
import { nodeIdSchema, SHORT_ID_LENGTH } from '../../identity/node-id.js'
import type { Connection } from '../../routing/connection.js'
import { ConnectionRegistry } from '../../routing/connection-registry.js'
import { SignalRouter } from '../../routing/signal-router.js'
import { VisibilityFeed } from '../../tokens/visibility-feed.js'
import type { Client } from '../client.js'
import { MAX_WATCHED } from '../greetings.js'
import { presenceFrame } from '../protocol/hub-frames.js'
import { Departures } from './departures.js'
import { RemoteNodes } from './remote-nodes.js'
import { Watcher, type Watching } from './watcher.js'

/** How soon somebody who did not read is tried again; who goes on not reading is closed after 10 s. */
const CATCH_UP_MS = 100

/**
 * Who wants to know of which node whether it is connected. Each is told now and when it changes: a
 * change costs as much as the node has watchers. In memory only, and gone with the connection.
 */
@Injectable()
export class Watches implements OnModuleInit, OnModuleDestroy {
  private readonly watchers = new Map<Connection, Watcher>()
  /** By the short id of the node, which is a prefix of the long one. */
  private readonly byNode = new Map<string, Set<Watching>>()
  /** Those who do not read just now, and are to be told something: the newest of it. */
  private readonly behind = new Set<Watcher>()
  private catchingUp: NodeJS.Timeout | null = null

  constructor(
    private readonly connections: ConnectionRegistry,
    private readonly router: SignalRouter,
    private readonly elsewhere: RemoteNodes,
    private readonly departures: Departures,
    private readonly visibility: VisibilityFeed,
    private readonly config: HubConfig,
  ) {}

  onModuleInit(): void {
    this.connections.observe({
      arrived: ({ actor }) => this.look(actor.node.shortId),
      gone: (connection, isReplaced) => this.leave(connection, isReplaced),
      changed: ({ actor }) => this.look(actor.node.shortId),
    })
    this.visibility.onChanged(({ accountId, isHidden }) =>
      this.connections.hide(accountId, isHidden),
    )
    this.elsewhere.onChanged((shortId) => this.look(shortId))
    this.departures.onOver(({ actor }) => this.look(actor.node.shortId))
  }

  onModuleDestroy(): void {
    if (this.catchingUp) clearTimeout(this.catchingUp)
  }

  /** Connections that have watched something, and nodes that are watched. */
  get size(): { readonly watchers: number; readonly nodes: number } {
    return { watchers: this.watchers.size, nodes: this.byNode.size }
  }

  /** Takes all of the nodes or none. One that is watched already is told of again. */
  watch(client: Client, nodeIds: readonly string[]): void {
    const watcher = this.watcherOf(client.connection)
    const asked = new Set(nodeIds)
    if (!this.mayWatch(client, watcher, asked)) return
    const watchings: Watching[] = []
    for (const nodeId of asked) {
      if (isNodeId(nodeId)) watchings.push(this.begin(watcher, nodeId))
      // It can never be connected: answered like any other, and not kept.
      else client.reply(presenceFrame(nodeId, false))
    }
    this.answer(watchings)
  }

  /** Ids that are not watched make no difference. Nothing is answered. */
  unwatch({ connection }: Client, nodeIds: readonly string[]): void {
    const watcher = this.watchers.get(connection)
    for (const nodeId of nodeIds) {
      const watching = watcher?.watchings.get(nodeId)
      if (watching) this.end(watching)
    }
  }

  private watcherOf(connection: Connection): Watcher {
    let watcher = this.watchers.get(connection)
    if (!watcher) {
      watcher = new Watcher(connection, performance.now())
      this.watchers.set(connection, watcher)
    }
    return watcher
  }

  /** False: the client has been told why not. */
  private mayWatch(client: Client, watcher: Watcher, asked: ReadonlySet<string>): boolean {
    let size = watcher.watchings.size
    for (const id of asked) if (isNodeId(id) && !watcher.watchings.has(id)) size++
    if (size > MAX_WATCHED) {
      const message = `a connection watches ${MAX_WATCHED} nodes at most: unwatch some first`
      client.refuse({ code: 'not_allowed', message })
      return false
    }
    if (!this.config.limits.enabled) return true
    const retryAfterSeconds = watcher.take(asked.size, performance.now())
    if (retryAfterSeconds === 0) return true
    const message = 'too many nodes asked about'
    client.refuse({ code: 'rate_limited', message, retryAfterSeconds })
    return false
  }

  private begin(watcher: Watcher, nodeId: string): Watching {
    const shortId = shortFormOf(nodeId)
    // Also one that is followed already: else how soon the answer comes tells that somebody watches it.
    this.elsewhere.follow(shortId)
    const begun = watcher.watchings.get(nodeId)
    if (begun) {
      begun.told = null
      return begun
    }
    const watching = { watcher, nodeId, told: null, isDue: false, hasEnded: false }
    watcher.watchings.set(nodeId, watching)
    const watched = this.byNode.get(shortId)
    if (watched) watched.add(watching)
    else this.byNode.set(shortId, new Set([watching]))
    return watching
  }

  private end(watching: Watching): void {
    const { watcher, nodeId } = watching
    watching.hasEnded = true
    watcher.watchings.delete(nodeId)
    const shortId = shortFormOf(nodeId)
    const watched = this.byNode.get(shortId)
    watched?.delete(watching)
    if (watched?.size !== 0) return
    this.byNode.delete(shortId)
    this.elsewhere.unfollow(shortId)
  }

  /**
   * At once those that are connected here; any other when the other instances have answered, whatever
   * they have told of it before.
   */
  private answer(watchings: readonly Watching[]): void {
    const unseen: Watching[] = []
    for (const watching of watchings) {
      if (this.router.find(watching.nodeId)?.actor.isHidden === false) this.tell(watching)
      else unseen.push(watching)
    }
    const shortIds = unseen.map(({ nodeId }) => shortFormOf(nodeId))
    this.elsewhere.whenKnown(shortIds, () => {
      for (const watching of unseen) {
        // A change may have been told meanwhile.
        if (!watching.hasEnded && watching.told === null) this.tell(watching)
      }
    })
  }

  private leave(connection: Connection, isReplaced: boolean): void {
    const watcher = this.watchers.get(connection)
    if (watcher) {
      for (const watching of watcher.watchings.values()) this.end(watching)
      this.watchers.delete(connection)
      this.behind.delete(watcher)
    }
    const { shortId } = connection.actor.node
    // Replaced here: `arrived` follows. Elsewhere: see `Departures`.
    if (!isReplaced) this.look(shortId)
  }

  /** Something may have changed: tells those of the node's watchers who know it otherwise. */
  private look(shortId: string): void {
    for (const watching of this.byNode.get(shortId) ?? []) this.update(watching)
  }

  private update(watching: Watching): void {
    const isOnline = this.isOnline(watching.nodeId)
    if (watching.told === isOnline) watching.isDue = false
    // Who waits for an answer is told what is sure, and the rest with the answer.
    else if (watching.told !== null || isOnline || watching.isDue) this.tell(watching)
  }

  /** A change that does not get through gives way to the next: what counts is how it is then. */
  private tell(watching: Watching): void {
    const { watcher, nodeId } = watching
    const isOnline = this.isOnline(nodeId)
    const delivery = watcher.connection.send(presenceFrame(nodeId, isOnline))
    if (delivery === 'delivered') watching.told = isOnline
    watching.isDue = delivery === 'slow'
    if (!watching.isDue) return
    this.behind.add(watcher)
    this.catchingUp ??= setTimeout(() => this.catchUp(), CATCH_UP_MS).unref()
  }

  private catchUp(): void {
    this.catchingUp = null
    for (const watcher of [...this.behind]) {
      if (!watcher.connection.isDrained) continue
      this.behind.delete(watcher)
      for (const watching of watcher.watchings.values()) {
        if (watching.isDue) this.update(watching)
      }
    }
    if (this.behind.size > 0) {
      this.catchingUp ??= setTimeout(() => this.catchUp(), CATCH_UP_MS).unref()
    }
  }

  /** By either form of its id, and as others may see it. */
  private isOnline(nodeId: string): boolean {
    const connection = this.router.find(nodeId)
    if (connection) return !connection.actor.isHidden
    return this.elsewhere.isOnline(nodeId) || this.isDeparting(nodeId)
  }

  private isDeparting(nodeId: string): boolean {
    const node = this.departures.get(shortFormOf(nodeId))?.actor.node
    return nodeId === node?.shortId || nodeId === node?.longId
  }
}

function isNodeId(text: string): boolean {
  return nodeIdSchema.safeParse(text).success
}

function shortFormOf(nodeId: string): string {
  return nodeId.slice(0, SHORT_ID_LENGTH)
}
