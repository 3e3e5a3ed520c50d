import { type NodeId, SHORT_ID_LENGTH } from '../../identity/node-id.js'

/** One connection of a node that has joined a call. */
export interface Member {
  /** As its node was registered when it joined: what it is called in this call. */
  readonly nodeId: NodeId
  /** When it joined: milliseconds since the epoch, and later than whatever the instance knew of then. */
  readonly since: number
}

/** Node ids that went and came. A node that came anew by another connection is in both. */
export interface RosterChange {
  readonly left: readonly NodeId[]
  readonly joined: readonly NodeId[]
}

interface Seat extends Member {
  readonly holder: string
}

/**
 * Who is in a call. Each instance with members, a holder, says who its members are, and is believed about
 * them alone; the roster is made of what all have said, so that it is the same wherever the same was heard,
 * in whatever order. Pure: nothing but the memory of one instance.
 *
 * A node counts once. If two holders have a connection of it, the one that joined later counts, and the
 * other again if that one leaves.
 */
export class CallRoster {
  private readonly byHolder = new Map<string, readonly Member[]>()
  /** By node, the one that has been in it longest first. */
  private seats = new Map<string, Seat>()
  private lastSince = 0

  get size(): number {
    return this.seats.size
  }

  /** The oldest first. */
  get nodeIds(): NodeId[] {
    return [...this.seats.values()].map(({ nodeId }) => nodeId)
  }

  /** Who made the call; when that one has left, who has been in it longest. */
  get ownerId(): NodeId | null {
    const [owner] = this.seats.values()
    return owner?.nodeId ?? null
  }

  /** Holders that have members, in no particular order. */
  get holders(): string[] {
    return [...this.byHolder.keys()]
  }

  membersAt(holder: string): readonly Member[] {
    return this.byHolder.get(holder) ?? []
  }

  /** When the last of all that have ever been in it joined. */
  get latest(): number {
    return this.lastSince
  }

  /** For who joins now. @param now milliseconds since the epoch */
  nextSince(now: number): number {
    return Math.max(now, this.latest + 1)
  }

  /** These are all of `holder`'s members from now on; none, and it holds the call no more. */
  set(holder: string, members: readonly Member[]): RosterChange {
    this.keep(holder, members)
    for (const { since } of members) this.lastSince = Math.max(this.lastSince, since)
    return this.seat()
  }

  /** Who had joined by then is in it no more. */
  dropUntil(until: number): RosterChange {
    for (const [holder, members] of [...this.byHolder]) {
      this.keep(
        holder,
        members.filter(({ since }) => since > until),
      )
    }
    return this.seat()
  }

  private keep(holder: string, members: readonly Member[]): void {
    if (members.length === 0) this.byHolder.delete(holder)
    else this.byHolder.set(holder, members)
  }

  private seat(): RosterChange {
    const before = this.seats
    const newest = new Map<string, Seat>()
    for (const [holder, members] of this.byHolder) {
      for (const { nodeId, since } of members) {
        const seat = { nodeId, since, holder }
        const rival = newest.get(keyOf(nodeId))
        if (!rival || isOlder(rival, seat)) newest.set(keyOf(nodeId), seat)
      }
    }
    this.seats = new Map([...newest].sort(([, one], [, other]) => (isOlder(one, other) ? -1 : 1)))
    return { left: missing(before, this.seats), joined: missing(this.seats, before) }
  }
}

/** A total order, by what all instances know: joins of the same millisecond are told apart by ids. */
function isOlder(one: Seat, other: Seat): boolean {
  if (one.since !== other.since) return one.since < other.since
  if (one.nodeId !== other.nodeId) return one.nodeId < other.nodeId
  return one.holder < other.holder
}

/** Either form of an id is the same node. */
function keyOf(nodeId: string): string {
  return nodeId.slice(0, SHORT_ID_LENGTH)
}

/** Of those in `some`, who are not in `others` by the very same connection. */
function missing(some: ReadonlyMap<string, Seat>, others: ReadonlyMap<string, Seat>): NodeId[] {
  const found = [...some].filter(([key, { since, holder }]) => {
    const other = others.get(key)
    return other?.since !== since || other.holder !== holder
  })
  return found.map(([, { nodeId }]) => nodeId)
}
