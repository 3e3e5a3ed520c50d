/** Wall-clock time. The only `Date.now()`; tests extend it and move the time. */
export class Clock {
  /** Milliseconds since the epoch. */
  now(): number {
    return Date.now()
  }

  /** Whole seconds since the epoch. */
  seconds(): number {
    return Math.floor(this.now() / 1_000)
  }

  date(): Date {
    return new Date(this.now())
  }
}
