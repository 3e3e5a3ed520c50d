/** What happened, one line each: milliseconds since the start, who, what. */
export class Timeline {
  private readonly start = performance.now()

  constructor(private readonly write: (text: string) => void) {}

  say(who: string, what: string): void {
    const time = this.elapsedMs.toFixed(0).padStart(6)
    this.write(`${time} ms  ${who.padEnd(4)}  ${what}\n`)
  }

  /** A new part of the story. */
  heading(text: string): void {
    this.write(`\n${text}\n`)
  }

  get elapsedMs(): number {
    return performance.now() - this.start
  }
}
