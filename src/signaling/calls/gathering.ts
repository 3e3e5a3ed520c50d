/** How long those that hold a call may take to say who their members are. */
const GATHER_MS = 1_000

/** Waits for the word of every instance that has members of a call: the first to answer names the others. */
export class Gathering {
  /** Resolves when all have answered, or after a second. */
  readonly done: Promise<void>

  private readonly named = new Set<string>()
  private readonly answered = new Set<string>()
  private finish: () => void = () => undefined

  /** @param here this instance, which need not answer */
  constructor(here: string) {
    this.answered.add(here)
    this.done = new Promise((resolve) => {
      const late = setTimeout(resolve, GATHER_MS).unref()
      this.finish = () => {
        clearTimeout(late)
        resolve()
      }
    })
  }

  /** @param holders those that `from` knows to have members, itself among them if it has */
  hear(from: string, holders: readonly string[]): void {
    this.answered.add(from)
    for (const holder of holders) this.named.add(holder)
    if (this.named.size === 0) return
    if ([...this.named].every((holder) => this.answered.has(holder))) this.finish()
  }
}
