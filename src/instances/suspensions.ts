import type { Clock } from '../common/clock.js'

/** Less is a clock that is being set. */
const SUSPENDED_MS = 1_000

/** Notices that the machine was suspended: the clock has gone on, the time of the process has not. */
export class Suspensions {
  private lead: number

  constructor(private readonly clock: Clock) {
    this.lead = this.leadOfTheClock()
  }

  /** True if it was since the last call. */
  isOver(): boolean {
    const before = this.lead
    this.lead = this.leadOfTheClock()
    return this.lead - before > SUSPENDED_MS
  }

  private leadOfTheClock(): number {
    return this.clock.now() - performance.now()
  }
}
