/** A carrier that has said nothing for so long is away. */
export const SILENCE_MS = 1_500
/** When it is asked whether it is there: it has a second for the answer. */
const ASK_AFTER_MS = 500
const EVERY_MS = 250

/** Notices that the other end of a connection is silent, whatever the operating system thinks of it. */
export class Liveness {
  private heardAt = 0
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
    const silence = performance.now() - this.heardAt
    if (silence >= SILENCE_MS) {
      this.stop()
      this.cut()
    } else if (silence >= ASK_AFTER_MS) {
      this.ask()
    }
  }
}

/** Milliseconds until the next attempt to connect: short at first, never over a second, jittered. */
export function pauseBefore(attempt: number): number {
  return Math.min(1_000, 50 * 2 ** attempt) * (0.5 + Math.random() / 2)
}
