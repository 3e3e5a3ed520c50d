import { createHash } from 'node:crypto'

/** Remembered at most: about 20 MB. When there are more, the oldest goes. */
const MAX_PROOFS = 100_000

/**
 * Which proofs this instance has seen, for as long as they could be shown again. Hashes only: an
 * entry's size does not depend on what was sent.
 */
export class DpopReplayMemory {
  /** The hash, and when it was seen; the oldest first. */
  private readonly seen = new Map<string, number>()

  /**
   * @param keepMs how long a proof can be shown again, at most
   * @param max proofs remembered
   */
  constructor(
    private readonly keepMs: number,
    private readonly max = MAX_PROOFS,
  ) {}

  get size(): number {
    return this.seen.size
  }

  /** False when this `jti` of this key was seen before. */
  remember(jkt: string, jti: string, now: number): boolean {
    const proof = createHash('sha256').update(`${jkt} ${jti}`).digest('base64url')
    if (this.seen.has(proof)) return false
    this.seen.set(proof, now)
    this.forget(now)
    return true
  }

  private forget(now: number): void {
    for (const [proof, seenAt] of this.seen) {
      if (this.seen.size <= this.max && now - seenAt <= this.keepMs) return
      this.seen.delete(proof)
    }
  }
}
