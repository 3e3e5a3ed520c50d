import type { Clock } from '../common/clock.js'

/** A beat that is so late was not only waited for. */
const LATE_MS = 2_500
/** Less is a clock that is being set. */
const SUSPENDED_MS = 1_000

/** Notices that this process stood still, or its machine: then the clock has gone on and the time of the process has not. */
export class Sleep {
  private lead: number
  private beatAt = performance.now()

  constructor(private readonly clock: Clock) {
    this.lead = this.leadOfTheClock()
  }

  /** It has stood still, and has not got to its next beat. */
  get isOn(): boolean {
    return performance.now() - this.beatAt > LATE_MS
  }

  /** To be called with each beat, every second. True if it slept since the last one. */
  isOver(): boolean {
    const wasLate = this.isOn
    const before = this.lead
    this.beatAt = performance.now()
    this.lead = this.leadOfTheClock()
    return wasLate || this.lead - before > SUSPENDED_MS
  }

  private leadOfTheClock(): number {
    return this.clock.now() - performance.now()
  }
}
