import type { Ended, Failed } from './ledger.js'
import type { History, Line, Signal } from './ledger-history.js'

/** How long things may take before they count as never having happened. Milliseconds. */
export interface Patience {
  /** From a signal to its error or `ack`. */
  readonly answerMs: number
  /** From the hub's hand to the target's eye, and from the sender's to the hub's. */
  readonly flightMs: number
  /** From a connection's greeting until all instances must know of it; of its end, likewise. */
  readonly settleMs: number
}

/** Five times what the hub promises: machines are busy. */
export const PATIENCE: Patience = { answerMs: 10_000, flightMs: 3_000, settleMs: 2_000 }

/** Why a signal may have been neither received nor reported, or both. */
export class Excuses {
  /** The last number that a connection received from another one. */
  private readonly lastReceived = new Map<string, number>()

  constructor(
    private readonly history: History,
    private readonly patience: Patience,
  ) {
    for (const { invoked, receipts } of history.signals.values()) {
      for (const { connection } of receipts) {
        const key = `${invoked.connection}>${connection}`
        const last = this.lastReceived.get(key) ?? 0
        if (invoked.n > last) this.lastReceived.set(key, invoked.n)
      }
    }
  }

  /**
   * It may have been handed to a connection of its target that died before it read it. Not to one
   * that received a later signal of the same sender, and not to one whose missed frames came again
   * on a connection that lived.
   */
  wentToTheDead(signal: Signal): boolean {
    const { invoked } = signal
    const until = this.readBy(signal)
    return this.linesOf(invoked.target).some((line) => {
      const { opened, ended } = line
      if (ended === null || !this.lostFrames(line)) return false
      const last = this.lastReceived.get(`${invoked.connection}>${opened.connection}`) ?? 0
      return (
        last < invoked.n &&
        opened.at <= until &&
        this.noticedBy(ended) >= invoked.at &&
        ended.at <= until
      )
    })
  }

  /** The sender's connection ended before an answer could come, or before the hub had read it. */
  lostItsSender(signal: Signal): boolean {
    const end = this.history.connections.get(signal.invoked.connection)?.ended
    return end !== null && end !== undefined && end.at <= this.readBy(signal)
  }

  /** Something was broken on purpose while it was on its way, or while its error was. */
  metAFault({ invoked }: Signal, error: Failed | null = null): boolean {
    const end = error?.at ?? invoked.at + this.patience.flightMs
    return this.history.faults.some(({ at, until }) => at <= end && until >= invoked.at)
  }

  /** All the time from before the signal until after its error, its target had one connection. */
  wasThere({ invoked }: Signal, error: Failed): boolean {
    return this.linesOf(invoked.target).some(
      ({ opened, ended }) =>
        opened.at <= invoked.at - this.patience.settleMs &&
        (ended === null || ended.at > error.at + this.patience.settleMs),
    )
  }

  /** When it has been read if its target lives: later if it was acknowledged late, or met a fault. */
  private readBy({ invoked, acks }: Signal): number {
    const { flightMs } = this.patience
    let handedBy = Math.max(invoked.at, ...acks.map(({ at }) => at))
    for (const { at, until } of this.history.faults) {
      if (at <= invoked.at + flightMs && until >= invoked.at) handedBy = Math.max(handedBy, until)
    }
    return handedBy + flightMs
  }

  /** When every instance knows of its end: not while one that could tell is cut off. */
  private noticedBy({ at, unnoticedMs }: Ended): number {
    let by = at + unnoticedMs
    for (const fault of this.history.faults) {
      if (fault.at <= by && fault.until >= at) by = Math.max(by, fault.until)
    }
    return by
  }

  /** It died, and so did each that was promised what it had missed, before that can have arrived. */
  private lostFrames({ ended, successor }: Line): boolean {
    if (!ended?.isDead) return false
    if (!successor?.resumed) return true
    const { ended: end, resumed } = successor
    if (end === null || end.at > resumed.at + this.patience.flightMs) return false
    return this.lostFrames(successor)
  }

  private linesOf(node: number): readonly Line[] {
    return this.history.connectionsOfNode.get(node) ?? []
  }
}
