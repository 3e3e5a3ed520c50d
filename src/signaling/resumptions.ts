import { randomBytes } from 'node:crypto'

import { Injectable, type OnModuleInit } from '@nestjs/common'

import type { Connection } from '../routing/connection.js'
import { ConnectionRegistry } from '../routing/connection-registry.js'
import { type Missed, SentFrames } from '../routing/sent-frames.js'
import { type CloseCode, closeCodes } from '../sockets/close-codes.js'

/** How long after its end a connection can be resumed (CONTRACT §3). */
const RESUMABLE_MS = 30_000
/** Characters held for all ended connections of this instance; the oldest go first. */
const MAX_CHARACTERS = 64 * 1_048_576

/** Ends after which the client may come back: it was lost, sent elsewhere, or replaced by itself. */
const RESUMABLE_ENDS = new Set<CloseCode | null>([
  null,
  closeCodes.goingAway,
  closeCodes.restart,
  closeCodes.tryAgainLater,
  closeCodes.replaced,
])

interface Ended {
  readonly sent: SentFrames
  readonly spkiSha256: string
  readonly accountId: number
  readonly endedAt: number
}

/** What the connections that ended within the last 30 s were sent, for clients that come back. */
@Injectable()
export class Resumptions implements OnModuleInit {
  /** By connection id, the oldest end first. */
  private readonly ended = new Map<string, Ended>()
  private characters = 0

  constructor(private readonly connections: ConnectionRegistry) {}

  onModuleInit(): void {
    this.connections.observe({ gone: (connection) => this.keep(connection) })
  }

  /** For a new connection of a `v=2` client. */
  begin(): SentFrames {
    return new SentFrames(randomBytes(16).toString('base64url'))
  }

  /** What `connection`'s client missed on its former one; null if that cannot be known any more. */
  missed(
    { actor }: Connection,
    former: { readonly connectionId: string; readonly lastSeq: number },
  ): readonly Missed[] | null {
    this.prune()
    const ended = this.ended.get(former.connectionId)
    if (ended?.spkiSha256 !== actor.node.spkiSha256 || ended.accountId !== actor.accountId) {
      return null
    }
    const missed = ended.sent.after(former.lastSeq)
    if (missed) this.forget(former.connectionId, ended)
    return missed
  }

  private keep({ sent, endedBy, actor }: Connection): void {
    if (!sent || !RESUMABLE_ENDS.has(endedBy)) return
    this.prune()
    const { accountId, node } = actor
    const endedAt = performance.now()
    this.ended.set(sent.connectionId, { sent, accountId, spkiSha256: node.spkiSha256, endedAt })
    this.characters += sent.size
    for (const [id, oldest] of this.ended) {
      if (this.characters <= MAX_CHARACTERS) return
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

  private forget(id: string, { sent }: Ended): void {
    this.ended.delete(id)
    this.characters -= sent.size
  }
}
