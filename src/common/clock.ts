/** Wall-clock time. The only `Date.now()`; tests extend it and move the time. */
export class Clock {
  /** Milliseconds since the epoch. */
  now(): number {
    return Date.now()
  }

  date(): Date {
    return new Date(this.now())
  }
}
