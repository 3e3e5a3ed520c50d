import type { Bus } from './bus.js'

/** How long a start waits until the others have seen this instance, and how much of that for the carrier. */
const WELCOME_MS = 3_000
const CARRIER_MS = 1_000
/** How long an instance that says nothing may need until the carrier is back for it, too. */
const RETURN_MS = 5_000

/** Which of the other instances have seen this one, and which may still be cut off from the carrier. */
export class Acquaintances {
  /** By instance, the latest of the questions that it has answered. */
  private readonly seenBy = new Map<string, number>()
  /** Since the carrier was away; nobody finds what is there. */
  private readonly absent = new Set<string>()
  private absentUntil = 0
  private readonly waiting = new Set<() => void>()

  constructor(
    private readonly bus: Bus,
    private readonly others: () => Iterable<string>,
  ) {}

  /** It has found (back) to the carrier. */
  hear(instance: string): void {
    this.absent.delete(instance)
  }

  /** It has, and has said that it has seen this one; up to its question `n`. */
  see(instance: string, n: number): void {
    this.absent.delete(instance)
    this.seenBy.set(instance, Math.max(n, this.seenBy.get(instance) ?? 0))
    this.tellNews()
  }

  forget(instance: string): void {
    this.absent.delete(instance)
    this.seenBy.delete(instance)
  }

  /** It is there (again) for this instance; the others may need a little longer. */
  carrierIsUp(others: Iterable<string>): void {
    for (const instance of others) this.absent.add(instance)
    this.absentUntil = performance.now() + RETURN_MS
    this.tellNews()
  }

  get isSomebodyAbsent(): boolean {
    if (this.absent.size > 0 && performance.now() > this.absentUntil) this.absent.clear()
    return this.absent.size > 0
  }

  /** Resolves when all others have seen this instance, up to its question `n`, or nobody need wait for them any longer. */
  untilSeen(n = 0): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        for (const timer of timers) clearTimeout(timer)
        this.waiting.delete(look)
        resolve()
      }
      const timers = [
        setTimeout(done, WELCOME_MS),
        setTimeout(() => this.bus.isUp || done(), CARRIER_MS),
      ]
      const look = (): void => {
        this.whoListens().then(
          (others) => others.every((other) => (this.seenBy.get(other) ?? -1) >= n) && done(),
          () => undefined,
        )
      }
      this.waiting.add(look)
      look()
    })
  }

  /** The others that can have seen this instance: none that was killed a moment ago. */
  private async whoListens(): Promise<readonly string[]> {
    const others = [...this.others()]
    const areListening = await this.bus.listening(others)
    return others.filter((_, index) => areListening[index])
  }

  private tellNews(): void {
    for (const look of this.waiting) look()
  }
}
