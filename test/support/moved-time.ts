import type { TestClock } from './test-clock.js'

export type Task = () => Promise<void> | void

/**
 * A client's time in a test. Nothing waits for real: `pass` moves the hub's clock along with it
 * and runs what becomes due on the way.
 */
export class MovedTime {
  private readonly due = new Set<{ readonly at: number; readonly task: Task }>()

  constructor(private readonly clock: TestClock) {}

  now(): number {
    return this.clock.now()
  }

  /** Runs `task` after so many seconds; what it returns takes that back. */
  after(seconds: number, task: Task): () => void {
    const entry = { at: this.now() + seconds * 1_000, task }
    this.due.add(entry)
    return () => this.due.delete(entry)
  }

  /**
   * Tasks run in the order of their times, and each to its end before the next: network and
   * database take no time here. Time-outs come of a second `pass` while a task of the first waits.
   */
  async pass(by: {
    days?: number
    hours?: number
    minutes?: number
    seconds?: number
  }): Promise<void> {
    const { days = 0, hours = 0, minutes = 0, seconds = 0 } = by
    const until = this.now() + (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1_000
    for (let next = this.nextUntil(until); next; next = this.nextUntil(until)) {
      this.due.delete(next)
      this.moveTo(next.at)
      await next.task()
    }
    this.moveTo(until)
  }

  private nextUntil(until: number) {
    return [...this.due].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0]
  }

  private moveTo(time: number): void {
    this.clock.advance({ seconds: Math.max(0, time - this.now()) / 1_000 })
  }
}
