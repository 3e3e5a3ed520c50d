import { setImmediate as nextTurn } from 'node:timers/promises'

import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common'

import { Logger } from '../common/logger.js'
import type { NodeId } from '../identity/node-id.js'
import { BusAwayError, unlessAway } from '../instances/bus.js'
import { Instances } from '../instances/instances.js'
import { closeCodes } from '../sockets/close-codes.js'
import type { Connection } from './connection.js'
import { ConnectionRegistry } from './connection-registry.js'
import { type Claim, Holding } from './holding.js'
import { MovedNodes } from './moved-nodes.js'

/** How long an upgrade waits until the other instances know of it. */
const CLAIM_MS = 1_000
/** How long a place is held for an upgrade that was let in and does not become a connection. */
const EXPECTED_MS = 2 * CLAIM_MS
/** When a claim that was not heard back is sent again, and how many of those at once. */
const RETRY_MS = 1_000
const RETRIES = 500
/** Nodes dealt with in one go, so that ten thousand hold nobody up. */
const SLICE = 250

/**
 * At which instance a node is. From the moment that another instance appears, each takes the places of
 * the nodes connected to it and claims them; who hears a later claim than its own closes its connection.
 *
 * All at a place hear claims and signals in one order. A signal is the business of the instance whose
 * claim was the last that was heard, so no two hand over the same one.
 */
@Injectable()
export class NodePlaces implements OnModuleInit, OnModuleDestroy {
  /** By short id. Empty while this instance is alone. */
  private readonly holdings = new Map<NodeId, Holding>()
  /** Those whose claim was not heard back, or whose connection has not come. */
  private readonly unsettled = new Set<Holding>()
  private readonly moved = new MovedNodes()
  private timer: NodeJS.Timeout | undefined

  constructor(
    private readonly instances: Instances,
    private readonly connections: ConnectionRegistry,
    private readonly logger: Logger,
  ) {}

  onModuleInit(): void {
    this.connections.observe({
      arrived: (connection) => this.arrived(connection),
      gone: (connection, isReplaced) => this.gone(connection, isReplaced),
    })
    this.instances.on('claim', ({ node, stamp }, from) => this.hear(node, [stamp, from], false))
    this.instances.on('claims', ({ nodes }, from) => {
      for (const [node, stamp] of nodes) this.hear(node, [stamp, from], true)
    })
    this.instances.onUp((stamp) => this.reclaim(stamp))
    this.instances.onGone(() => {
      if (this.instances.isAlone) this.run(this.leaveAll())
    })
    this.timer = setInterval(() => this.sweep(), RETRY_MS)
    this.timer.unref()
  }

  onModuleDestroy(): void {
    clearInterval(this.timer)
  }

  /** Whether the node is connected to another instance. False if nobody can be asked. */
  async isElsewhere(node: NodeId): Promise<boolean> {
    if (this.instances.isAlone || this.holdings.has(node)) return false
    try {
      const [isTaken = false] = await this.instances.taken([this.instances.place('node', node)])
      return isTaken
    } catch (error) {
      if (error instanceof BusAwayError) return false
      throw error
    }
  }

  /**
   * A connection of the node is about to be made here. Resolves when others have let go of the node and
   * whoever sends to it reaches this instance; after a second in any case.
   */
  async expect(node: NodeId): Promise<void> {
    if (this.instances.isAlone) return
    const holding = this.hold(node)
    holding.since = performance.now()
    holding.expectedUntil = holding.since + EXPECTED_MS
    const claimed = this.claim(holding)
    if (!this.instances.isUp) {
      this.run(claimed)
      return
    }
    await new Promise<void>((resolve) => {
      const late = setTimeout(resolve, CLAIM_MS)
      late.unref()
      holding.onDecided(() => {
        clearTimeout(late)
        resolve()
      })
      this.run(claimed)
    })
  }

  /** Whose business a signal to the node is. `elsewhere`: another instance's, if anybody's. */
  whereIs(node: NodeId): 'here' | 'elsewhere' | 'nowhere' {
    const holding = this.holdings.get(node)
    if (holding) return holding.isOurs ? 'here' : 'elsewhere'
    return this.moved.has(node) ? 'elsewhere' : 'nowhere'
  }

  private arrived({ actor }: Connection): void {
    if (this.instances.isAlone) return
    const node = actor.node.shortId
    const holding = this.holdings.get(node)
    if (holding) holding.expectedUntil = -Infinity
    else this.run(this.claim(this.hold(node)))
  }

  private gone({ actor }: Connection, isReplaced: boolean): void {
    const holding = this.holdings.get(actor.node.shortId)
    if (!holding) return
    // Who replaces it comes in the same breath, or not at all.
    if (isReplaced) this.unsettled.add(holding)
    else if (holding.expectedUntil <= performance.now()) this.drop(holding)
    else this.unsettled.add(holding)
  }

  private hold(node: NodeId): Holding {
    const held = this.holdings.get(node)
    if (held) return held
    const place = this.instances.place('node', node)
    const holding = new Holding(this.instances.id, node, place, performance.now())
    this.holdings.set(node, holding)
    return holding
  }

  private drop(holding: Holding): void {
    if (this.isHeld(holding)) this.holdings.delete(holding.node)
    this.unsettled.delete(holding)
    for (; holding.takes > 0; holding.takes--) this.instances.leave(holding.place)
    holding.release()
  }

  private isHeld(holding: Holding): boolean {
    return this.holdings.get(holding.node) === holding
  }

  /** Takes the place, then says so to whoever else is there. */
  private async claim(holding: Holding): Promise<void> {
    this.unsettled.add(holding)
    await this.take(holding)
    if (!this.isHeld(holding)) return
    if (holding.stamp === null) holding.release()
    else if (holding.isDecidable && this.stays(holding, false)) await this.tell(holding)
  }

  /** Asks for a stamp; while the carrier is away there is none. */
  private async take(holding: Holding): Promise<void> {
    const askedAt = performance.now()
    holding.asking++
    holding.takes++
    try {
      const stamp = await this.instances.take(holding.place)
      if (stamp === null) holding.stamp = null
      else holding.stampedAt(stamp, askedAt)
    } finally {
      holding.asking--
      if (holding.takes > 1) {
        holding.takes--
        this.instances.leave(holding.place)
      }
    }
  }

  private async tell(holding: Holding): Promise<void> {
    const { node, place, stamp } = holding
    if (stamp === null) return
    holding.claimedAt = performance.now()
    await this.instances.toPlace(place, { kind: 'claim', node, stamp })
  }

  private hear(node: NodeId, claim: Claim, isLate: boolean): void {
    const [stamp, from] = claim
    const holding = this.holdings.get(node)
    if (from === this.instances.id) {
      if (holding) this.settle(holding, stamp)
    } else if (holding) {
      holding.hear(claim)
      const isTold = holding.isOurs
      if (holding.isDecidable && this.stays(holding, isLate) && isTold) this.correct(holding, from)
    } else if (!isLate) {
      this.moved.add(node)
    }
  }

  /** Another claims a node and has not heard that it was claimed here since. */
  private correct({ node, stamp }: Holding, instance: string): void {
    if (stamp === null) return
    this.run(this.instances.toInstance(instance, { kind: 'claim', node, stamp }))
  }

  private settle(holding: Holding, stamp: number): void {
    if (!holding.settle(stamp)) return
    this.moved.delete(holding.node)
    if (this.connections.get(holding.node)) this.unsettled.delete(holding)
  }

  /** False: another claims the node since; then the connection here is closed. */
  private stays(holding: Holding, isLate: boolean): boolean {
    const verdict = holding.decide(isLate)
    if (verdict === 'stays') return true
    if (verdict === 'stays_anew') {
      this.unsettled.add(holding)
      this.run(this.tell(holding))
      return true
    }
    this.moved.add(holding.node)
    this.drop(holding)
    const connection = this.connections.get(holding.node)
    if (!connection) return false
    this.connections.remove(connection, true)
    if (verdict === 'replaced') {
      connection.close(closeCodes.replaced, 'a newer connection of this node')
    } else {
      connection.close(closeCodes.restart, 'another connection of this node, perhaps newer')
    }
    return false
  }

  /** The carrier is back, or needed for the first time: what the others said meanwhile was missed. */
  private async reclaim(stamp: number): Promise<void> {
    const now = performance.now()
    const nodes: NodeId[] = []
    for (const holding of this.holdings.values()) {
      nodes.push(holding.node)
      this.unsettled.add(holding)
      holding.isOurs = false
      holding.claimedAt = now
      if (holding.stamp === null && holding.asking === 0) holding.stampedAt(stamp, now)
    }
    for (const { actor } of this.connections.all()) {
      const { shortId } = actor.node
      if (!this.holdings.has(shortId)) nodes.push(shortId)
    }
    for (let first = 0; first < nodes.length; first += SLICE) {
      await this.reclaimSome(nodes.slice(first, first + SLICE))
      await nextTurn()
    }
  }

  /** To all instances at once, rather than to each place. */
  private async reclaimSome(nodes: readonly NodeId[]): Promise<void> {
    const holdings = nodes
      .filter((node) => this.holdings.has(node) || this.connections.get(node))
      .map((node) => this.hold(node))
    const untaken = holdings.filter(({ takes }) => takes === 0)
    await Promise.all(untaken.map((holding) => this.take(holding)))
    const claims: [NodeId, number][] = []
    for (const holding of holdings) {
      const { node, stamp, isDecidable } = holding
      if (!isDecidable || stamp === null || !this.isHeld(holding)) continue
      if (this.stays(holding, true)) claims.push([node, stamp])
    }
    await this.instances.toAll({ kind: 'claims', nodes: claims })
    for (const [node, stamp] of claims) {
      const holding = this.holdings.get(node)
      if (holding) this.settle(holding, stamp)
    }
  }

  private async leaveAll(): Promise<void> {
    const all = [...this.holdings.values()]
    this.holdings.clear()
    this.unsettled.clear()
    for (let first = 0; first < all.length; first += SLICE) {
      for (const holding of all.slice(first, first + SLICE)) this.drop(holding)
      await nextTurn()
    }
  }

  /** What was lost on the way is said again, and a place is left that nobody came for. */
  private sweep(): void {
    const now = performance.now()
    let retries = 0
    for (const holding of this.unsettled) {
      const isConnected = this.connections.get(holding.node) !== null
      if (!isConnected && holding.expectedUntil <= now) this.drop(holding)
      else if (isConnected && holding.isOurs) this.unsettled.delete(holding)
      else if (this.instances.isUp && holding.isDue(now - RETRY_MS) && ++retries <= RETRIES) {
        this.run(holding.stamp === null ? this.claim(holding) : this.tell(holding))
      }
    }
  }

  private run(work: Promise<unknown>): void {
    work.catch(unlessAway).catch((error: unknown) => this.logger.error(error))
  }
}
