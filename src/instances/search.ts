import type { Bus, Place } from './bus.js'

interface Question {
  readonly place: Place
  readonly answer: (isTaken: boolean | null) => void
  readonly failed: (error: unknown) => void
}

/**
 * Makes sure that nobody is at a place where a message has found nobody: an instance that the carrier has
 * just lost is back in a moment, with all that it holds. Many questions are asked together.
 */
export class Search {
  private waiting: Question[] = []
  private isAsking = false

  constructor(
    private readonly bus: Bus,
    private readonly others: () => Iterable<string>,
  ) {}

  /** Null: that cannot be known just now. @throws BusAwayError */
  isTaken(place: Place): Promise<boolean | null> {
    return new Promise((answer, failed: (error: unknown) => void) => {
      this.waiting.push({ place, answer, failed })
      if (!this.isAsking) this.askAll().catch(failed)
    })
  }

  private async askAll(): Promise<void> {
    this.isAsking = true
    while (this.waiting.length > 0) {
      const questions = this.waiting
      this.waiting = []
      try {
        const areTaken = await this.ask(questions.map(({ place }) => place))
        for (const [index, { answer }] of questions.entries()) answer(areTaken?.[index] ?? null)
      } catch (error) {
        for (const { failed } of questions) failed(error)
      }
    }
    this.isAsking = false
  }

  /** In this order: whoever listens has taken all its places before. */
  private async ask(places: readonly Place[]): Promise<boolean[] | null> {
    const areListening = await this.bus.listening([...this.others()])
    return areListening.every(Boolean) ? this.bus.taken(places) : null
  }
}
