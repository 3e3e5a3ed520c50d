import type { Place } from './bus.js'

/** Messages that are older than 1.5 s are not heard anyway. */
const AFTERWARDS_MS = 2_000

/** The places taken here, and those left a moment ago, for which messages may be on their way. */
export class HeldPlaces {
  /** Each with how often it was taken. */
  private readonly counts = new Map<Place, number>()
  /** When each was left, by this instance's monotonic clock; the first to be left comes first. */
  private readonly left = new Map<Place, number>()

  take(place: Place): void {
    this.counts.set(place, (this.counts.get(place) ?? 0) + 1)
  }

  /** True: that was the last time. */
  leave(place: Place): boolean {
    const count = this.counts.get(place) ?? 0
    if (count > 1) this.counts.set(place, count - 1)
    if (count !== 1) return false
    this.left.delete(place)
    this.left.set(place, performance.now())
    return this.counts.delete(place)
  }

  has(place: Place): boolean {
    return this.counts.has(place)
  }

  /** Whether what is sent there may be heard here. */
  hears(place: Place): boolean {
    return this.counts.has(place) || this.left.has(place)
  }

  /** To be called now and then: forgets what was left long enough ago. */
  tidy(): void {
    const until = performance.now() - AFTERWARDS_MS
    for (const [place, leftAt] of this.left) {
      if (leftAt > until) break
      this.left.delete(place)
    }
  }

  all(): Place[] {
    return [...this.counts.keys()]
  }
}
