import { Clock } from '../../src/common/clock.js'

/** Real time, moved forward (or back) by the test. */
export class TestClock extends Clock {
  private offsetMs = 0

  override now(): number {
    return Date.now() + this.offsetMs
  }

  advance(by: { days?: number; minutes?: number; seconds?: number }): void {
    const { days = 0, minutes = 0, seconds = 0 } = by
    this.offsetMs += ((days * 24 * 60 + minutes) * 60 + seconds) * 1_000
  }
}
