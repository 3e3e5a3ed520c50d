import { Injectable } from '@nestjs/common'

import { Clock } from '../common/clock.js'
import type { Actor } from '../identity/actor.js'
import { NodeSightings } from './node-sightings.js'
import type { Session } from './session.store.js'

/** How long the guard believes what it last read of a session. Ends heard of here count at once. */
const FRESH_MS = 2_000
/** How long a session this instance has seen can refresh while Postgres is away (CONTRACT §1). */
const KNOWN_MS = 600_000
/** How long the loss of a node is remembered: longer than any upgrade may take. */
const LOSS_MS = 60_000
/** Sessions remembered at most: about 100 MB. The least recently seen is forgotten first. */
const MAX_SESSIONS = 200_000

interface Entry {
  readonly session: Session
  readonly seenAt: number
}

/**
 * The sessions this instance has lately read, and those it knows to have ended.
 *
 * A hub of several instances reads Postgres at least every two seconds for a session in use, so an
 * end decided elsewhere is noticed within that time.
 */
@Injectable()
export class SessionMemory {
  private readonly live = new Map<string, Entry>()
  /** Ids of sessions and of accounts; neither is ever used again. */
  private readonly ended = new Set<string | number>()
  /** When nodes were lost to their owners, by `spki_sha256`; by the monotonic clock. */
  private readonly lostNodes = new Map<string, number>()

  constructor(
    private readonly clock: Clock,
    private readonly sightings: NodeSightings,
  ) {}

  /** Ends this instance has heard of: `blacklist_size` in `GET /health`. */
  get endedCount(): number {
    return this.ended.size
  }

  remember(session: Session): void {
    const { sessionId, node } = session.actor
    if (this.hasEnded(session.actor)) return
    if (node) this.sightings.note(node)
    this.live.delete(sessionId)
    this.live.set(sessionId, { session, seenAt: this.clock.now() })
    trim(this.live)
  }

  /** Read within the last 2 s. A session without a node is read anew: it may just have got one. */
  fresh(sessionId: string): Session | null {
    const session = this.seenWithin(sessionId, FRESH_MS)
    return session?.actor.node ? session : null
  }

  /** Read within the last 10 minutes: enough when Postgres cannot be asked. */
  known(sessionId: string): Session | null {
    return this.seenWithin(sessionId, KNOWN_MS)
  }

  /** Makes the next request read Postgres, without forgetting the session. */
  makeStale(sessionId: string): void {
    const entry = this.live.get(sessionId)
    if (entry) this.live.set(sessionId, { ...entry, seenAt: entry.seenAt - FRESH_MS - 1 })
  }

  /** For good: a session never comes back. */
  endSession(sessionId: string): void {
    this.live.delete(sessionId)
    this.ended.add(sessionId)
    trim(this.ended)
  }

  /** For good: account ids are never reused. */
  endAccount(accountId: number): void {
    for (const [sessionId, { session }] of this.live) {
      if (session.actor.accountId === accountId) this.live.delete(sessionId)
    }
    this.ended.add(accountId)
    trim(this.ended)
  }

  /** The node was released, or has gone to another account: whoever speaks for it is to be read anew. */
  loseNode(spkiSha256: string): void {
    const now = performance.now()
    for (const [spki, lostAt] of this.lostNodes) {
      if (now - lostAt > LOSS_MS) this.lostNodes.delete(spki)
    }
    this.lostNodes.set(spkiSha256, now)
    for (const [sessionId, { session }] of this.live) {
      if (session.actor.node?.spkiSha256 === spkiSha256) this.live.delete(sessionId)
    }
  }

  /** @param since of `performance.now()`: when the asking began */
  hasLostNode({ node }: Pick<Actor, 'node'>, since: number): boolean {
    const lostAt = node && this.lostNodes.get(node.spkiSha256)
    return typeof lostAt === 'number' && lostAt >= since
  }

  hasEnded({ sessionId, accountId }: Pick<Actor, 'sessionId' | 'accountId'>): boolean {
    return this.ended.has(sessionId) || this.ended.has(accountId)
  }

  private seenWithin(sessionId: string, milliseconds: number): Session | null {
    const entry = this.live.get(sessionId)
    if (!entry || this.clock.now() - entry.seenAt > milliseconds) return null
    return this.clock.now() < entry.session.actor.sessionExpiresAt ? entry.session : null
  }
}

function trim<Key>(entries: Map<Key, unknown> | Set<Key>): void {
  if (entries.size <= MAX_SESSIONS) return
  for (const oldest of entries.keys()) {
    entries.delete(oldest)
    return
  }
}
