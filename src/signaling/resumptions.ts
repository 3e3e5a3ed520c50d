import { randomBytes } from 'node:crypto'

import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common'

import type { NodeId } from '../identity/node-id.js'
import { Instances } from '../instances/instances.js'
import type { Connection } from '../routing/connection.js'
import { ConnectionRegistry } from '../routing/connection-registry.js'
import { type Missed, SentBudget, SentFrames } from '../routing/sent-frames.js'
import { type CloseCode, closeCodes } from '../sockets/close-codes.js'

/** How long after its end a connection can be resumed (CONTRACT §3). */
const RESUMABLE_MS = 30_000
/** Also while nobody comes or goes: what nobody can ask for any more is not to stay. */
const PRUNE_EVERY_MS = 5_000
/**
 * Bytes kept for all `v=2` connections of this instance, live and ended. Beyond it a new frame takes the room of
 * older ones of its connection, if there are any.
 */
const MAX_BYTES = 128 * 1_048_576
/** Of those for ended ones; the oldest go first. */
const MAX_ENDED_BYTES = 64 * 1_048_576

/** Ends after which the client may come back: it was lost, sent elsewhere, or replaced by itself. */
const RESUMABLE_ENDS = new Set<CloseCode | null>([
  null,
  closeCodes.goingAway,
  closeCodes.restart,
  closeCodes.tryAgainLater,
  closeCodes.replaced,
])

/** Whose connection it is. */
interface Owner {
  readonly spkiSha256: string
  readonly accountId: number
}

/** A client asks for what a former connection of it was sent. */
export interface Resumed extends Owner {
  readonly connectionId: string
  readonly lastSeq: number
  /** The short id. */
  readonly node: NodeId
}

interface Ended extends Owner {
  readonly sent: SentFrames
  /** Held when it ended; an answer or two may come yet. */
  readonly bytes: number
  readonly endedAt: number
}

/** What the connections that ended within the last 30 s were sent, for clients that come back. */
@Injectable()
export class Resumptions implements OnModuleInit, OnModuleDestroy {
  /** By connection id, the oldest end first. */
  private readonly ended = new Map<string, Ended>()
  private endedBytes = 0
  private timer: NodeJS.Timeout | undefined
  private readonly budget = new SentBudget(MAX_BYTES)

  constructor(
    private readonly connections: ConnectionRegistry,
    private readonly instances: Instances,
  ) {}

  onModuleInit(): void {
    this.connections.observe({ gone: (connection) => this.keep(connection) })
    this.timer = setInterval(() => this.prune(), PRUNE_EVERY_MS)
    this.timer.unref()
  }

  onModuleDestroy(): void {
    clearInterval(this.timer)
  }

  /** For a new connection of a `v=2` client. Its id says which instance to ask for it. */
  begin(): SentFrames {
    const id = `${this.instances.id}.${randomBytes(16).toString('base64url')}`
    return new SentFrames(id, this.budget)
  }

  /**
   * What the client missed of a connection to this instance; null if that cannot be known any more. It is
   * told once. A connection that still looks alive is ended: its client has another one.
   */
  missed(asked: Resumed): readonly Missed[] | null {
    this.end(asked)
    this.prune()
    const { connectionId, lastSeq } = asked
    const ended = this.ended.get(connectionId)
    if (!ended || !isSame(ended, asked)) return null
    const missed = ended.sent.after(lastSeq)
    if (missed) this.forget(connectionId, ended)
    return missed
  }

  private end(asked: Resumed): void {
    const live = this.connections.get(asked.node)
    if (live?.sent?.connectionId !== asked.connectionId) return
    const { accountId, node } = live.actor
    if (!isSame({ accountId, spkiSha256: node.spkiSha256 }, asked)) return
    this.connections.remove(live, true)
    live.close(closeCodes.replaced, 'a newer connection of this node')
  }

  private keep({ sent, endedBy, actor }: Connection): void {
    if (!sent) return
    if (!RESUMABLE_ENDS.has(endedBy)) {
      sent.clear()
      return
    }
    this.prune()
    const { accountId, node } = actor
    this.ended.set(sent.connectionId, {
      sent,
      accountId,
      spkiSha256: node.spkiSha256,
      bytes: sent.size,
      endedAt: performance.now(),
    })
    this.endedBytes += sent.size
    for (const [id, oldest] of this.ended) {
      if (this.endedBytes <= MAX_ENDED_BYTES) return
      this.forget(id, oldest)
    }
  }

  private prune(): void {
    const now = performance.now()
    for (const [id, ended] of this.ended) {
      if (now - ended.endedAt <= RESUMABLE_MS) return
      this.forget(id, ended)
    }
  }

  private forget(id: string, { sent, bytes }: Ended): void {
    this.ended.delete(id)
    this.endedBytes -= bytes
    sent.clear()
  }
}

function isSame(one: Owner, other: Owner): boolean {
  return one.spkiSha256 === other.spkiSha256 && one.accountId === other.accountId
}
