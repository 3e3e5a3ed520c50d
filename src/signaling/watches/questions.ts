/** How long an instance may take to answer. */
const WAIT_MS = 1_000

/** What was asked of other instances. */
export interface Asked {
  /** Short ids. */
  readonly nodes: readonly string[]
  /** Its first answer was of no use. */
  readonly isAgain: boolean
  /** All have answered, or their time is over. */
  readonly done: () => void
}

interface Question {
  readonly asked: Asked
  /** Instances that have not answered. */
  readonly left: Set<string>
  readonly timer: NodeJS.Timeout
}

/** Questions to other instances that wait for their answers, for a second at most. */
export class Questions {
  private readonly open = new Map<number, Question>()
  private count = 0

  /** @param onSilence is called with each instance that has not answered in time */
  constructor(private readonly onSilence: (instance: string) => void) {}

  /** The question's number. */
  begin(asked: Asked, instances: readonly string[]): number {
    const n = ++this.count
    const timer = setTimeout(() => this.giveUp(n), WAIT_MS).unref()
    this.open.set(n, { asked, left: new Set(instances), timer })
    return n
  }

  /** What the instance was asked; null if it was not, or is too late. */
  find(n: number, instance: string): Asked | null {
    const question = this.open.get(n)
    return question?.left.has(instance) ? question.asked : null
  }

  /** The instance has answered. */
  settle(n: number, instance: string): void {
    const question = this.open.get(n)
    if (question?.left.delete(instance) && question.left.size === 0) this.close(n, question)
  }

  /** Nobody waits for this instance any more. */
  forget(instance: string): void {
    for (const n of [...this.open.keys()]) this.settle(n, instance)
  }

  giveUp(n: number): void {
    const question = this.open.get(n)
    if (!question) return
    for (const instance of question.left) this.onSilence(instance)
    this.close(n, question)
  }

  private close(n: number, { timer, asked }: Question): void {
    clearTimeout(timer)
    this.open.delete(n)
    asked.done()
  }
}
