/** How long a start waits until the others have seen this instance, and how much of that for the carrier. */
const WELCOME_MS = 3_000
const CARRIER_MS = 1_000
/** How long an instance that says nothing may need until the carrier is back for it, too. */
const RETURN_MS = 5_000

/** Which of the other instances have seen this one, and which may still be cut off from the carrier. */
export class Acquaintances {
  private readonly seenBy = new Set<string>()
  /** Since the carrier was away; nobody finds what is there. */
  private readonly absent = new Set<string>()
  private absentUntil = 0
  private onNews: () => void = () => undefined

  /** It has found (back) to the carrier. */
  hear(instance: string): void {
    this.absent.delete(instance)
  }

  /** It has, and has said that it has seen this one. */
  see(instance: string): void {
    this.absent.delete(instance)
    this.seenBy.add(instance)
    this.onNews()
  }

  forget(instance: string): void {
    this.absent.delete(instance)
    this.seenBy.delete(instance)
  }

  /** It is there (again) for this instance; the others may need a little longer. */
  carrierIsUp(others: Iterable<string>): void {
    for (const instance of others) this.absent.add(instance)
    this.absentUntil = performance.now() + RETURN_MS
    this.onNews()
  }

  get isSomebodyAbsent(): boolean {
    if (this.absent.size > 0 && performance.now() > this.absentUntil) this.absent.clear()
    return this.absent.size > 0
  }

  /**
   * Resolves when the start need not wait any longer.
   *
   * @param isUp       of the carrier
   * @param whoListens  the others that can have seen this instance: none that was killed a moment ago
   */
  untilSeen(isUp: () => boolean, whoListens: () => Promise<readonly string[]>): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        for (const timer of timers) clearTimeout(timer)
        this.onNews = () => undefined
        resolve()
      }
      const timers = [setTimeout(done, WELCOME_MS), setTimeout(() => isUp() || done(), CARRIER_MS)]
      this.onNews = () => {
        whoListens().then(
          (others) => others.every((other) => this.seenBy.has(other)) && done(),
          () => undefined,
        )
      }
      this.onNews()
    })
  }
}
