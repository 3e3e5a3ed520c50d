/** Questions that come while others are being asked go together in the next round; one alone goes at once. */
export class Rounds<Question, Answer> {
  private waiting: {
    readonly question: Question
    readonly answer: (answer: Answer) => void
    readonly failed: (error: unknown) => void
  }[] = []
  private isAsking = false

  /** @param askAll  resolves with the answers in the order of the questions */
  constructor(
    private readonly askAll: (questions: readonly Question[]) => Promise<readonly Answer[]>,
  ) {}

  /** Rejects as its round does. */
  ask(question: Question): Promise<Answer> {
    return new Promise((answer, failed: (error: unknown) => void) => {
      this.waiting.push({ question, answer, failed })
      if (!this.isAsking) this.run().catch(failed)
    })
  }

  private async run(): Promise<void> {
    this.isAsking = true
    while (this.waiting.length > 0) {
      const round = this.waiting
      this.waiting = []
      try {
        const answers = await this.askAll(round.map(({ question }) => question))
        if (answers.length < round.length) throw new RangeError('not every question was answered')
        answers.forEach((answer, index) => round[index]?.answer(answer))
      } catch (error) {
        for (const { failed } of round) failed(error)
      }
    }
    this.isAsking = false
  }
}
