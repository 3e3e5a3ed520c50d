import type { NodeId } from '../identity/node-id.js'
import type { Place } from '../instances/bus.js'
import { isLater } from '../instances/instances.js'

/** Who claims a node: since when it is connected, in the carrier's time (µs), and to which instance. */
export type Claim = readonly [stamp: number, instance: string]

/** A stamp that the carrier did not give at that moment itself may be wrong by so much: microseconds. */
const ESTIMATE_US = 1_000_000

/**
 * What became of a holding when all claims are compared. `maybe_newer`: it has lost by so little
 * that its connection may be the newer one after all.
 */
export type Verdict = 'stays' | 'replaced' | 'maybe_newer'

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
    const isUncertain = (isLate || this.isEstimated) && rival[0] - stamp < ESTIMATE_US
    return isUncertain ? 'maybe_newer' : 'replaced'
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
