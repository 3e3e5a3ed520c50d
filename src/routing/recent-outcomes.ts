import type { Delivery } from './connection.js'

/** Longer than anybody waits for an answer. */
const KEPT_MS = 2_500

/** What became lately of the signals of one other instance, by its numbers. */
export class RecentOutcomes {
  private latest = new Map<number, Delivery>()
  private former = new Map<number, Delivery>()
  private since = 0

  /** @param now of `performance.now()` */
  add(n: number, outcome: Delivery, now: number): void {
    if (now - this.since > KEPT_MS) {
      this.former = this.latest
      this.latest = new Map<number, Delivery>()
      this.since = now
    }
    this.latest.set(n, outcome)
  }

  get(n: number): Delivery | null {
    return this.latest.get(n) ?? this.former.get(n) ?? null
  }
}
