import { Injectable, type OnModuleInit } from '@nestjs/common'

import { Logger } from '../common/logger.js'
import type { ActorNode } from '../identity/actor.js'
import { type NodeId, shortIdOf } from '../identity/node-id.js'
import { unlessAway } from '../instances/bus.js'
import { MAX_AGE_MS } from '../instances/freshness.js'
import { Instances } from '../instances/instances.js'
import { Confirmations } from '../routing/confirmations.js'
import type { Connection } from '../routing/connection.js'
import { ConnectionRegistry } from '../routing/connection-registry.js'
import { NodePlaces } from '../routing/node-places.js'
import { Deliveries } from './deliveries.js'
import { EarlySignals } from './early-signals.js'

interface Arrived {
  /** The instance that waits for the answer, and its number of the signal. */
  readonly from: string
  readonly n: number
  readonly target: string
  readonly sender: ActorNode
  readonly payload: Buffer
}

/** Hands over what other instances forward to nodes that are connected to this one, and answers for it. */
@Injectable()
export class RemoteSignals implements OnModuleInit {
  /** The last number that a connection was given a signal of, by sending instance. */
  private readonly latest = new WeakMap<Connection, Map<string, number>>()
  private readonly early = new EarlySignals<Arrived>((arrived) => this.refuse(arrived))

  constructor(
    private readonly instances: Instances,
    private readonly places: NodePlaces,
    private readonly connections: ConnectionRegistry,
    private readonly deliveries: Deliveries,
    private readonly confirmations: Confirmations,
    private readonly logger: Logger,
  ) {}

  onModuleInit(): void {
    this.instances.on('signal', (signal, from, payload) => this.hear({ ...signal, from, payload }))
    this.instances.on('passed_on', ({ origin, ...signal }, _from, payload, ageMs) => {
      const { id, others } = this.instances
      if (signal.ageMs + ageMs > MAX_AGE_MS || !(origin === id || others.has(origin))) return
      this.hear({ ...signal, from: origin, payload })
    })
    this.instances.on('signals', ({ signals }, from, payloads, ageMs) => {
      let at = 0
      for (const { bytes, ...signal } of signals) {
        const payload = payloads.subarray(at, at + bytes)
        at += bytes
        this.hearDirectly({ ...signal, from, payload }, ageMs)
      }
    })
    this.connections.observe({
      // Its greeting is on its way already; nothing else is before these.
      arrived: (connection) => {
        const early = this.early.take(connection.actor.node.shortId)
        for (const arrived of early) this.hand(connection, arrived)
      },
    })
  }

  private hear(arrived: Arrived): void {
    const node = shortIdOf(arrived.target)
    const where = node === null ? 'nowhere' : this.places.whereIs(node)
    if (node === null || where === 'nowhere') this.refuse(arrived)
    else if (where === 'here') this.handOrHold(node, arrived)
  }

  /** The node was here when the sender's instance last heard of it. */
  private hearDirectly(arrived: Arrived, ageMs: number): void {
    const node = shortIdOf(arrived.target)
    if (node === null) this.refuse(arrived)
    else if (this.places.whereIs(node) === 'here') this.handOrHold(node, arrived)
    else this.passOn(node, arrived, ageMs)
  }

  private handOrHold(node: NodeId, arrived: Arrived): void {
    const connection = this.connections.get(node)
    if (connection) this.hand(connection, arrived)
    // Without the bundle that it came in.
    else this.early.hold(node, { ...arrived, payload: Buffer.from(arrived.payload) })
  }

  /** To its place: whoever has it now answers the origin. */
  private passOn(node: NodeId, arrived: Arrived, ageMs: number): void {
    const { from, n, target, sender, payload } = arrived
    const place = this.instances.place('node', node)
    this.instances
      .toPlace(place, { kind: 'passed_on', origin: from, ageMs, n, target, sender }, payload)
      .then((isTaken) => isTaken || this.refuse(arrived))
      .catch(unlessAway)
      .catch((error: unknown) => this.logger.error(error))
  }

  private refuse({ from, n }: Arrived): void {
    this.confirmations.add(from, n, 'offline')
  }

  private hand(connection: Connection, { from, n, target, sender, payload }: Arrived): void {
    if (!this.isNext(connection, from, n)) return
    const payloadText = payload.toString('utf8')
    this.confirmations.add(from, n, this.deliveries.deliver(target, sender, payloadText))
  }

  /** Whatever a carrier does: nothing is handed over twice, or behind what was sent after it. */
  private isNext(connection: Connection, from: string, n: number): boolean {
    let latest = this.latest.get(connection)
    if (!latest) {
      latest = new Map()
      this.latest.set(connection, latest)
    }
    if (n <= (latest.get(from) ?? 0)) return false
    latest.set(from, n)
    return true
  }
}
