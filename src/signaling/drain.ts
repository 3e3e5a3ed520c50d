import { setTimeout as delay } from 'node:timers/promises'

import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common'

import { Instances } from '../instances/instances.js'
import type { Connection } from '../routing/connection.js'
import { ConnectionRegistry } from '../routing/connection-registry.js'
import { closeCodes } from '../sockets/close-codes.js'
import { OpenRequests } from '../sockets/open-requests.js'
import { planDepartures } from './departures.js'
import { Liveness } from './liveness.js'
import { restartFrame } from './protocol/hub-frames.js'

/** Milliseconds the last sockets get to say goodbye. */
const GOODBYE_MS = 1_500
/** Longer than any request takes: a refresh is held for 3 s at most (CONTRACT §1). */
const REQUESTS_MS = 4_000
/** Draining takes no longer in all, so that the process has ended within 15 s. */
const LONGEST_MS = 13_000

/**
 * How an instance stops. It takes no more sockets, and is not ready; its sockets are told to go, a few
 * at a time, and then its last HTTP requests are answered. Over at once when there is nobody.
 */
@Injectable()
export class Drain implements BeforeApplicationShutdown {
  private draining: Promise<void> | null = null

  constructor(
    private readonly connections: ConnectionRegistry,
    private readonly instances: Instances,
    private readonly liveness: Liveness,
    private readonly requests: OpenRequests,
  ) {}

  beforeApplicationShutdown(): Promise<void> {
    return this.drain()
  }

  /** Resolves when nobody is left who could notice that the process ends. */
  drain(): Promise<void> {
    this.draining ??= this.drainOnce(performance.now())
    return this.draining
  }

  private async drainOnce(began: number): Promise<void> {
    this.connections.startDraining()
    this.requests.begin()
    await this.sendAway([...this.connections.all()], began)
    this.liveness.stop()
    const left = Math.max(0, began + LONGEST_MS - performance.now())
    await this.requests.finish(Math.min(REQUESTS_MS, left))
  }

  private async sendAway(leaving: readonly Connection[], began: number): Promise<void> {
    const departures = planDepartures(leaving.length, this.instances.isAlone)
    const closed: Promise<void>[] = []
    for (const [index, connection] of shuffled(leaving).entries()) {
      const { atMs = 0, reconnectAfterMs = 0 } = departures[index] ?? {}
      const wait = began + atMs - performance.now()
      if (wait >= 1) await delay(wait)
      closed.push(this.tellToGo(connection, reconnectAfterMs))
    }
    const isOver = new AbortController()
    const late = delay(GOODBYE_MS, undefined, { signal: isOver.signal }).catch(() => undefined)
    await Promise.race([Promise.all(closed), late])
    isOver.abort()
    for (const connection of leaving) connection.terminate()
  }

  /**
   * Nothing more is relayed to it, and its node is offline here at once. What it had sent by then, or
   * sends until it answers, still is (`SignalingGateway.receive`).
   */
  private tellToGo(connection: Connection, reconnectAfterMs: number): Promise<void> {
    if (connection.isModern) connection.send(restartFrame(reconnectAfterMs))
    connection.close(closeCodes.restart, 'the hub restarts')
    this.connections.remove(connection)
    return connection.closed
  }
}

/** Fisher and Yates. */
function shuffled<Item>(items: readonly Item[]): Item[] {
  const cards = [...items]
  for (let last = cards.length - 1; last > 0; last--) {
    const at = Math.floor(Math.random() * (last + 1))
    const [card, other] = [cards[last], cards[at]]
    if (card !== undefined && other !== undefined) [cards[last], cards[at]] = [other, card]
  }
  return cards
}
