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

/** Longer than the forwarder waits for other instances' answers; and how often they are looked for. */
const ANSWERS_MS = 2_500
const LOOK_MS = 10
/** Milliseconds a peer gets to say goodbye. */
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
    await Promise.all(closed)
  }

  /**
   * When it was told what became of its signals. Then nothing more is relayed to it, and its node is
   * offline here. What it sends until it has read that still is relayed (`SignalingGateway.receive`).
   */
  private async tellToGo(connection: Connection, reconnectAfterMs: number): Promise<void> {
    connection.pause()
    await untilAnswered(connection)
    if (connection.isModern) connection.send(restartFrame(reconnectAfterMs))
    connection.close(closeCodes.restart, 'the hub restarts')
    this.connections.remove(connection)
    connection.resume()
    const late = setTimeout(() => connection.terminate(), GOODBYE_MS)
    await connection.closed
    clearTimeout(late)
  }
}

/** Resolves when nothing that was forwarded for it is without an answer, or after a while. */
async function untilAnswered(connection: Connection): Promise<void> {
  const giveUpAt = performance.now() + ANSWERS_MS
  while (connection.unanswered > 0 && performance.now() < giveUpAt) await delay(LOOK_MS)
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
