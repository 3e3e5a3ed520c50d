import { Injectable, type OnModuleInit } from '@nestjs/common'

import { shortIdOf } from '../identity/node-id.js'
import { Instances } from '../instances/instances.js'
import type { MessageOf } from '../instances/messages.js'
import { Confirmations } from '../routing/confirmations.js'
import type { Connection } from '../routing/connection.js'
import { ConnectionRegistry } from '../routing/connection-registry.js'
import { NodePlaces } from '../routing/node-places.js'
import { Deliveries } from './deliveries.js'
import { EarlySignals } from './early-signals.js'

interface Arrived {
  readonly signal: MessageOf<'signal'>
  readonly from: string
  readonly payload: Buffer
}

/** Hands over what other instances forward to nodes that are connected to this one, and answers for it. */
@Injectable()
export class RemoteSignals implements OnModuleInit {
  /** The last number that a connection was given a signal of, by sending instance. */
  private readonly latest = new WeakMap<Connection, Map<string, number>>()
  private readonly early = new EarlySignals<Arrived>(({ signal, from }) => {
    this.confirmations.add(from, signal.n, 'offline')
  })

  constructor(
    private readonly instances: Instances,
    private readonly places: NodePlaces,
    private readonly connections: ConnectionRegistry,
    private readonly deliveries: Deliveries,
    private readonly confirmations: Confirmations,
  ) {}

  onModuleInit(): void {
    this.instances.on('signal', (signal, from, payload) => this.hear({ signal, from, payload }))
    this.connections.observe({
      // Its greeting is on its way already; nothing else is before these.
      arrived: (connection) => {
        const early = this.early.take(connection.actor.node.shortId)
        for (const arrived of early) this.hand(connection, arrived)
      },
    })
  }

  private hear(arrived: Arrived): void {
    const { signal, from } = arrived
    const node = shortIdOf(signal.target)
    const where = node === null ? 'nowhere' : this.places.whereIs(node)
    if (where === 'elsewhere') return
    if (node === null || where === 'nowhere') {
      this.confirmations.add(from, signal.n, 'offline')
      return
    }
    const connection = this.connections.get(node)
    if (connection) this.hand(connection, arrived)
    else this.early.hold(node, arrived)
  }

  private hand(connection: Connection, { signal, from, payload }: Arrived): void {
    const { n, target, sender } = signal
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
