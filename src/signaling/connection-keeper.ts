import { Injectable, type OnModuleInit } from '@nestjs/common'

import { Clock } from '../common/clock.js'
import type { Connection } from '../routing/connection.js'
import { ConnectionRegistry } from '../routing/connection-registry.js'
import { type CloseCode, closeCodes } from '../sockets/close-codes.js'
import { RegistrationFeed } from '../tokens/registration-feed.js'
import { Liveness } from './liveness.js'

/** Seconds a target may stay unable to take frames before it is closed with 1013. */
const SLOW_SECONDS = 10

/** Ends connections whose peer does not read or whose session has run out, and names nodes anew. */
@Injectable()
export class ConnectionKeeper implements OnModuleInit {
  constructor(
    private readonly connections: ConnectionRegistry,
    private readonly registrations: RegistrationFeed,
    private readonly liveness: Liveness,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.registrations.onRegistered((node) => this.connections.rename(node))
    this.liveness.onSweep((connection, sweep) => this.check(connection, sweep))
  }

  /** Says goodbye and takes the node offline at once: nothing more is relayed from or to it. */
  private end(connection: Connection, code: CloseCode, reason: string): void {
    connection.close(code, reason)
    this.connections.remove(connection)
  }

  private check(connection: Connection, sweep: number): void {
    if (this.clock.now() >= connection.actor.sessionExpiresAt) {
      this.end(connection, closeCodes.sessionExpired, 'the session is over: log in again')
      return
    }
    connection.sent?.trim(performance.now())
    if (connection.isDrained) connection.isSlow = false
    if (!connection.isSlow) connection.slowSinceSweep = 0
    else if (connection.slowSinceSweep === 0) connection.slowSinceSweep = sweep
    else if (sweep - connection.slowSinceSweep >= SLOW_SECONDS) {
      this.end(connection, closeCodes.tryAgainLater, 'frames pile up unread')
    }
  }
}
