import { Injectable, type OnModuleInit } from '@nestjs/common'

import { Clock } from '../common/clock.js'
import type { Connection } from '../routing/connection.js'
import { ConnectionRegistry } from '../routing/connection-registry.js'
import { type CloseCode, closeCodes } from '../sockets/close-codes.js'
import { type Notice, NoticeFeed } from '../tokens/notice-feed.js'
import { RegistrationFeed } from '../tokens/registration-feed.js'
import { type Ended, RevocationFeed } from '../tokens/revocation-feed.js'
import { Liveness } from './liveness.js'
import { noticeFrame } from './protocol/hub-frames.js'

/** Seconds a target may stay unable to take frames before it is closed with 1013. */
const SLOW_SECONDS = 10

/** Ends connections: whose peer does not read, whose session or node is not theirs any more. */
@Injectable()
export class ConnectionKeeper implements OnModuleInit {
  constructor(
    private readonly connections: ConnectionRegistry,
    private readonly feed: RevocationFeed,
    private readonly registrations: RegistrationFeed,
    private readonly notices: NoticeFeed,
    private readonly liveness: Liveness,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.feed.onEnded((ended) => this.closeEnded(ended))
    this.registrations.onRegistered((node) => this.connections.rename(node))
    this.notices.onNotice((notice) => this.pass(notice))
    this.liveness.onSweep((connection, sweep) => this.check(connection, sweep))
  }

  /** Says goodbye and takes the node offline at once: nothing more is relayed from or to it. */
  private end(connection: Connection, code: CloseCode, reason: string): void {
    connection.close(code, reason)
    this.connections.remove(connection)
  }

  private closeEnded(ended: Ended): void {
    for (const connection of this.connections.all()) {
      const { actor } = connection
      if (ended.kind === 'session' && actor.sessionId === ended.sessionId) {
        this.end(connection, closeCodes.sessionRevoked, 'the session has ended')
      } else if (ended.kind === 'account' && actor.accountId === ended.accountId) {
        this.end(connection, closeCodes.accountDeleted, 'the account was deleted')
      } else if (
        ended.kind === 'node' &&
        actor.node.spkiSha256 === ended.spkiSha256 &&
        (ended.sessionId === undefined || ended.sessionId === actor.sessionId)
      ) {
        this.end(connection, closeCodes.nodeReleased, 'the node was released or taken over')
      }
    }
  }

  /** To modern clients only. One that does not read hears nothing more: it is about to be closed. */
  private pass({ to, frame }: Notice): void {
    const text = noticeFrame(frame)
    for (const connection of this.connections.all()) {
      const { accountId, node } = connection.actor
      const isMeant =
        'accountId' in to ? to.accountId === accountId : to.spkiSha256 === node.spkiSha256
      if (isMeant && connection.isModern) connection.send(text)
    }
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
