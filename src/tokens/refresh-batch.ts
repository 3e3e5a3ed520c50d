import type { RefreshAttempt, RefreshResult } from './session.store.js'

/**
 * Sessions judged in one transaction: some ten milliseconds of work for Postgres. A transaction is three
 * round trips, and in a storm each waits for a process that is busy: large batches keep up, small ones
 * queue.
 */
const MAX_BATCH = 2_000

type Judge = (attempts: readonly RefreshAttempt[]) => Promise<ReadonlyMap<string, RefreshResult>>

interface Waiting {
  readonly attempt: RefreshAttempt
  readonly resolve: (result: RefreshResult | null) => void
  readonly reject: (error: unknown) => void
}

/**
 * Collects refreshes while the last transaction runs and judges them together in the next one.
 * Ten thousand clients returning at once cost a handful of transactions, and never more than one
 * database connection; a lone one goes at once.
 */
export class RefreshBatch {
  private waiting: Waiting[] = []
  private isRunning = false

  constructor(private readonly judge: Judge) {}

  /** Null for a session that has ended or never was. Attempts of one session are judged in order. */
  add(attempt: RefreshAttempt): Promise<RefreshResult | null> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ attempt, resolve, reject })
      if (!this.isRunning) this.run().catch(reject)
    })
  }

  private async run(): Promise<void> {
    this.isRunning = true
    while (this.waiting.length > 0) {
      const batch = this.nextBatch()
      try {
        const results = await this.judge(batch.map(({ attempt }) => attempt))
        for (const { attempt, resolve } of batch) resolve(results.get(attempt.sessionId) ?? null)
      } catch (error) {
        for (const { reject } of batch) reject(error)
      }
    }
    this.isRunning = false
  }

  /** One attempt for each session; a second one of the same session waits for the next round. */
  private nextBatch(): Waiting[] {
    const batch = new Map<string, Waiting>()
    const later: Waiting[] = []
    for (const each of this.waiting) {
      const isFree = batch.size < MAX_BATCH && !batch.has(each.attempt.sessionId)
      if (isFree) batch.set(each.attempt.sessionId, each)
      else later.push(each)
    }
    this.waiting = later
    return [...batch.values()]
  }
}
