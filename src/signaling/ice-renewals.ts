import { Injectable, type OnModuleInit } from '@nestjs/common'

import { Clock } from '../common/clock.js'
import type { IceServer } from '../ice/ice.schema.js'
import { IceServers } from '../ice/ice-servers.js'
import type { Connection } from '../routing/connection.js'
import { ConnectionRegistry } from '../routing/connection-registry.js'
import { Liveness } from './liveness.js'
import { iceServersFrame } from './protocol/hub-frames.js'

/** Connections that came in one storm are due in one second: they get theirs over so many. */
const SPREAD_SWEEPS = 10
const LEAST_AT_ONCE = 100

/** Keeps `v=2` connections in lists of TURN servers whose credentials are good. */
@Injectable()
export class IceRenewals implements OnModuleInit {
  /** The sweep under way, and how many more it may renew. */
  private sweep = 0
  private left = 0

  constructor(
    private readonly iceServers: IceServers,
    private readonly connections: ConnectionRegistry,
    private readonly liveness: Liveness,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.liveness.onSweep((connection, sweep) => {
      if (connection.iceDueAt !== 0) this.renew(connection, sweep)
    })
  }

  /** For the connection's `auth_ok`. From now on it is sent another one whenever three quarters of the last one's life are over. */
  listFor(connection: Connection): readonly IceServer[] {
    this.expectNext(connection)
    return this.iceServers.mint().ice_servers
  }

  /** Again at the next sweep if the peer does not read just now. */
  private renew(connection: Connection, sweep: number): void {
    if (sweep !== this.sweep) {
      this.sweep = sweep
      this.left = Math.max(LEAST_AT_ONCE, Math.ceil(this.connections.size / SPREAD_SWEEPS))
    }
    if (this.left === 0 || this.clock.seconds() < connection.iceDueAt) return
    this.left--
    if (connection.send(iceServersFrame(this.iceServers.mint())) !== 'delivered') return
    this.expectNext(connection)
  }

  private expectNext(connection: Connection): void {
    const { renewAfterSeconds } = this.iceServers
    connection.iceDueAt = renewAfterSeconds === null ? 0 : this.clock.seconds() + renewAfterSeconds
  }
}
