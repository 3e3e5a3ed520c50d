/** Older messages are dropped: whoever sent one has said, or is about to, that it was lost. */
export const MAX_AGE_MS = 1_500

/** Clocks drift by less than a few milliseconds in this time. */
const BUCKET_MS = 5 * 60_000

/**
 * How old the messages of one other instance are, without comparing clocks: how much longer each took
 * than the quickest of the last five to ten minutes. Both sides count monotonic milliseconds, from
 * starts of their own.
 */
export class Freshness {
  private bucket = -1
  private quickest = Infinity
  private quickestBefore = Infinity

  /** @param sentAt by the sender's clock @param now by ours */
  isFresh(sentAt: number, now: number): boolean {
    return this.ageOf(sentAt, now) <= MAX_AGE_MS
  }

  /** Milliseconds; 0 for the quickest. */
  ageOf(sentAt: number, now: number): number {
    const took = now - sentAt
    const bucket = Math.floor(sentAt / BUCKET_MS)
    if (bucket > this.bucket) {
      this.quickestBefore = bucket === this.bucket + 1 ? this.quickest : Infinity
      this.quickest = Infinity
      this.bucket = bucket
    }
    if (took < this.quickest) this.quickest = took
    return took - Math.min(this.quickest, this.quickestBefore)
  }
}
