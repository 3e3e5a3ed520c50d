import type { Place } from '../../instances/bus.js'
import type { Connection } from '../../routing/connection.js'
import type { Client } from '../client.js'
import type { Ref } from '../protocol/frames.js'
import {
  callClosedFrame,
  joinedFrame,
  peerJoinFrame,
  peerLeaveFrame,
} from '../protocol/hub-frames.js'
import { CallRoster, type Member, type RosterChange } from './call-roster.js'

/** A member whose connection is open at this instance. */
export interface LocalMember extends Member {
  readonly client: Client
}

/** One call, as this instance knows it: it does so as long as it has members of it, and no longer. */
export class Call {
  readonly roster = new CallRoster()
  /** Frames that wait until it is known who is in it elsewhere; null: that is known. */
  waiting: (() => void)[] | null = null
  /** When somebody last joined, left or signalled, by `performance.now()`. */
  usedAt = performance.now()
  /** When the other instances were last told who is in it here. */
  toldAt = 0

  private readonly locals = new Map<Connection, LocalMember>()
  /** What is yet to be told. Telling may close a member that does not read, which is news in itself. */
  private readonly news: (() => void)[] = []
  private isTelling = false

  /** When each other holder was last heard of. */
  private readonly heardAt = new Map<string, number>()

  /** @param here the id of this instance */
  constructor(
    readonly id: string,
    readonly place: Place,
    private readonly here: string,
  ) {}

  /** Nobody of this instance is in it or waits to be. */
  get isDeserted(): boolean {
    return this.locals.size === 0 && this.waiting === null
  }

  get localMembers(): Iterable<LocalMember> {
    return this.locals.values()
  }

  /** The other instances that have members of it. */
  get holdersElsewhere(): string[] {
    return this.roster.holders.filter((holder) => holder !== this.here)
  }

  memberOf(connection: Connection): LocalMember | null {
    return this.locals.get(connection) ?? null
  }

  /** Who is in it: the answer to `join`, also to one who has joined before. */
  greet(client: Client, ref: Ref | null): void {
    client.reply(joinedFrame(this.id, this.roster.nodeIds, ref))
  }

  /** Lets the client in and tells everybody of this instance. @param now milliseconds since the epoch */
  enter(client: Client, ref: Ref | null, now: number): void {
    const { connection } = client
    const { nodeId } = connection.actor.node
    this.locals.set(connection, { nodeId, since: this.roster.nextSince(now), client })
    const change = this.set(this.here, this.membersHere())
    this.say(
      () => this.greet(client, ref),
      () => this.tell(change),
    )
  }

  exit(connection: Connection): void {
    if (!this.locals.delete(connection)) return
    const change = this.set(this.here, this.membersHere())
    this.say(() => this.tell(change))
  }

  /** Another instance says who its members are: whoever is here is told what changed. */
  hear(holder: string, members: readonly Member[]): void {
    if (members.length === 0) this.heardAt.delete(holder)
    else this.heardAt.set(holder, performance.now())
    const change = this.set(holder, members)
    this.say(() => this.tell(change))
  }

  /** Whoever was not heard of since then, by `performance.now()`, has no members any more. */
  forgetUnheardSince(time: number): void {
    for (const [holder, heardAt] of this.heardAt) if (heardAt < time) this.hear(holder, [])
  }

  /** Unless they are heard of until then, by `performance.now()`, the others will be forgotten. */
  doubtAll(heardAt: number): void {
    for (const holder of this.heardAt.keys()) this.heardAt.set(holder, heardAt)
  }

  /** It is over for all that had joined by then. Those of them that are here are told, and returned. */
  end(until: number): readonly LocalMember[] {
    const ended = [...this.locals.values()].filter(({ since }) => since <= until)
    for (const { client } of ended) this.locals.delete(client.connection)
    const change = this.roster.dropUntil(until)
    this.say(
      () => {
        for (const { client } of ended) client.reply(callClosedFrame(this.id))
      },
      () => this.tell(change),
    )
    return ended
  }

  membersHere(): Member[] {
    return [...this.locals.values()].map(({ nodeId, since }) => ({ nodeId, since }))
  }

  private set(holder: string, members: readonly Member[]): RosterChange {
    const change = this.roster.set(holder, members)
    if (change.left.length + change.joined.length > 0) this.usedAt = performance.now()
    return change
  }

  private tell({ left, joined }: RosterChange): void {
    const frames = [
      ...left.map((nodeId) => ({ nodeId, frame: peerLeaveFrame(this.id, nodeId) })),
      ...joined.map((nodeId) => ({ nodeId, frame: peerJoinFrame(this.id, nodeId) })),
    ]
    for (const member of [...this.locals.values()]) {
      for (const { nodeId, frame } of frames) {
        if (nodeId !== member.nodeId) member.client.reply(frame)
      }
    }
  }

  /** In the order in which it happened. */
  private say(...news: (() => void)[]): void {
    this.news.push(...news)
    if (this.isTelling) return
    this.isTelling = true
    for (let tell = this.news.shift(); tell; tell = this.news.shift()) tell()
    this.isTelling = false
  }
}
