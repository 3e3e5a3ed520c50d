/** A carrier that has said nothing for so long is away. */
export const SILENCE_MS = 1_500
/** When it is asked whether it is there: it has a second for the answer. */
const ASK_AFTER_MS = 500
const EVERY_MS = 250
/** So much later than it should have looked it was asleep itself, and nobody else may be to blame. */
const ASLEEP_MS = 500

/** Notices that the other end of a connection is silent, whatever the operating system thinks of it. */
export class Watchdog {
  private heardAt = 0
  private lookedAt = 0
  private timer: NodeJS.Timeout | undefined

  /**
   * @param ask  makes the other end say something
   * @param cut  called once: it has not
   */
  constructor(
    private readonly ask: () => void,
    private readonly cut: () => void,
  ) {}

  start(): void {
    this.stop()
    this.heard()
    this.lookedAt = this.heardAt
    this.timer = setInterval(() => this.look(), EVERY_MS)
    this.timer.unref()
  }

  stop(): void {
    clearInterval(this.timer)
  }

  heard(): void {
    this.heardAt = performance.now()
  }

  private look(): void {
    const now = performance.now()
    const wasAsleep = now - this.lookedAt > EVERY_MS + ASLEEP_MS
    this.lookedAt = now
    // What was said meanwhile is still to be read: it is asked again.
    if (wasAsleep) this.heardAt = Math.max(this.heardAt, now - ASK_AFTER_MS)
    const silence = now - this.heardAt
    if (silence >= SILENCE_MS) {
      this.stop()
      this.cut()
    } else if (silence >= ASK_AFTER_MS) {
      this.ask()
    }
  }
}
