import { Injectable, type OnModuleInit } from '@nestjs/common'

import { Clock } from '../common/clock.js'
import type { Connection } from '../routing/connection.js'
import { ConnectionRegistry } from '../routing/connection-registry.js'
import { Heartbeat } from '../sockets/heartbeat.js'
import { PingIntervals } from './ping-intervals.js'

/** Is called for each connection at each sweep, with the sweep's number: one a second. */
export type OnSweep = (connection: Connection, sweep: number) => void

/** Whose peer is still there: pings each connection as often as its node needs it, and learns how often. */
@Injectable()
export class Liveness implements OnModuleInit {
  private readonly heartbeat: Heartbeat<Connection>
  private readonly listeners: OnSweep[] = []

  constructor(
    private readonly connections: ConnectionRegistry,
    private readonly intervals: PingIntervals,
    private readonly clock: Clock,
  ) {
    this.heartbeat = new Heartbeat(
      () => this.connections.all(),
      (connection, sweep) => {
        for (const listener of this.listeners) listener(connection, sweep)
      },
    )
  }

  onModuleInit(): void {
    this.connections.observe({
      // What a replaced one tells, its successor was to know beforehand: see `welcome`.
      gone: (connection, isReplaced) => {
        if (!isReplaced) this.learnFrom(connection)
      },
    })
    this.heartbeat.start()
  }

  onSweep(listener: OnSweep): void {
    this.listeners.push(listener)
  }

  stop(): void {
    this.heartbeat.stop()
  }

  /** A connection has just been made: it has been heard now. Before it enters the registry. */
  welcome(connection: Connection): void {
    const { shortId, spkiSha256 } = connection.actor.node
    // The node is back before its former connection was found to be dead.
    const former = this.connections.get(shortId)
    if (former) this.learnFrom(former)
    connection.openedAt = this.clock.seconds()
    connection.pingSeconds = this.intervals.secondsFor(spkiSha256)
    connection.heardAtSweep = this.heartbeat.now
  }

  private learnFrom(connection: Connection): void {
    const { actor, pingSeconds, openedAt, endedBy } = connection
    this.intervals.learn(actor.node.spkiSha256, {
      pingSeconds,
      livedSeconds: this.clock.seconds() - openedAt,
      silentSeconds: this.heartbeat.silenceOf(connection),
      isOurDoing: endedBy !== null,
    })
  }
}
