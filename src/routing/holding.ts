import type { NodeId } from '../identity/node-id.js'
import type { Place } from '../instances/bus.js'

/** Who claims a node: since when it is connected, in the carrier's time (µs), and to which instance. */
export type Claim = readonly [stamp: number, instance: string]

/** A stamp that the carrier did not give at that moment itself may be wrong by so much: microseconds. */
const ESTIMATE_US = 1_000_000

/** A claim that is contradicted is contradicted sooner. */
const FRESH_MS = 2_000

/**
 * What became of a holding when all claims are compared. `stays_anew`: it has a later stamp, which the
 * others are to hear. `maybe_newer`: it has lost by so little that its connection may be the newer one after all.
 */
export type Verdict = 'stays' | 'stays_anew' | 'replaced' | 'maybe_newer'

/** A node that this instance has, or is about to have: its place on the carrier, and the claim to it. */
export class Holding {
  /** How often the place was taken, and is to be left. */
  takes = 0
  /** Stamps that are being asked for. */
  asking = 0
  stamp: number | null = null
  /** The last claim that was heard at the place is the one from here. */
  isOurs = false
  claimedAt = -Infinity
  /** Until when a connection may come of an upgrade that was let in. */
  expectedUntil = -Infinity

  private isEstimated = false
  /** When `stamp` was given, by `performance.now()`. */
  private givenAt = 0
  /** The latest claim of another that was not yet compared. */
  private rival: Claim | null = null
  private awaiting: (() => void)[] = []

  /** @param since when its latest connection came, by `performance.now()` */
  constructor(
    private readonly own: string,
    readonly node: NodeId,
    readonly place: Place,
    public since: number,
  ) {}

  /** @param askedAt when the carrier was asked for it; later than `since` if it was away. */
  stampedAt(stamp: number, askedAt: number): void {
    const waitedMs = Math.max(0, Math.round(askedAt - this.since))
    this.stamp = stamp - 1_000 * waitedMs
    this.isEstimated = waitedMs > 0
    this.givenAt = askedAt
  }

  /** Another claims the node. Compared at once if the stamp here is known, else when it is (`decide`). */
  hear(claim: Claim): void {
    if (!this.rival || isLater(claim, this.rival)) this.rival = claim
    if (this.stamp === null || isLater(claim, [this.stamp, this.own])) this.isOurs = false
  }

  get isDecidable(): boolean {
    return this.asking === 0 && this.stamp !== null
  }

  /** The own claim was not heard, and was last sent before then. */
  isDue(before: number): boolean {
    return this.asking === 0 && !this.isOurs && this.claimedAt <= before
  }

  /** @param isLate  the carrier was away since the connections came */
  decide(isLate: boolean): Verdict {
    const { rival, stamp } = this
    this.rival = null
    if (!rival || stamp === null || !isLater(rival, [stamp, this.own])) return 'stays'
    if (!isLate && this.isFromTheFuture(rival, stamp)) {
      // The connection of the rival is the older one.
      this.stamp = rival[0] + 1
      return 'stays_anew'
    }
    const isUncertain = (isLate || this.isEstimated) && rival[0] - stamp < ESTIMATE_US
    return isUncertain ? 'maybe_newer' : 'replaced'
  }

  /** It is later than now, when this one was just made: the carrier's clock was set back since. */
  private isFromTheFuture([at]: Claim, stamp: number): boolean {
    const passed = performance.now() - this.givenAt
    return !this.isEstimated && passed < FRESH_MS && at - stamp > 1_000 * passed + ESTIMATE_US
  }

  /** The own claim was heard. False: it was an earlier one, or another's was heard since. */
  settle(stamp: number): boolean {
    if (this.stamp !== stamp || this.rival) return false
    this.isOurs = true
    this.release()
    return true
  }

  /** Calls back once it is known at which instance the node is. */
  onDecided(listener: () => void): void {
    this.awaiting.push(listener)
  }

  /** Whoever waits need not any longer. */
  release(): void {
    for (const resolve of this.awaiting.splice(0)) resolve()
  }
}

/** Whether the first of two claims to one node was made later. */
function isLater([stamp, instance]: Claim, [otherStamp, otherInstance]: Claim): boolean {
  return stamp === otherStamp ? instance > otherInstance : stamp > otherStamp
}
