import type { Session } from './session.store.js'

/** Sessions read in one statement. */
const MAX_BATCH = 500
/** Milliseconds that a read waits for the one before it, which may hang, before it goes beside it. */
const PATIENCE_MS = 20

type ReadAll = (sessionIds: readonly string[]) => Promise<ReadonlyMap<string, Session>>

interface Waiting {
  readonly sessionId: string
  readonly resolve: (session: Session | null) => void
  readonly reject: (error: unknown) => void
}

/**
 * Collects reads of sessions while a statement is under way and sends them together in the next: a
 * storm of upgrades costs a statement for each round trip to Postgres instead of one for each
 * upgrade. A lone read goes at once, and nobody joins a statement that was sent before they asked.
 */
export class SessionReads {
  private waiting: Waiting[] = []
  private underWay = 0
  private timer: NodeJS.Timeout | null = null

  constructor(private readonly readAll: ReadAll) {}

  /** Null for a session that has ended or never was. Rejects as the statement does. */
  find(sessionId: string): Promise<Session | null> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ sessionId, resolve, reject })
      if (this.underWay === 0) this.send()
      else this.timer ??= setTimeout(() => this.send(), PATIENCE_MS)
    })
  }

  private send(): void {
    if (this.timer) clearTimeout(this.timer)
    this.timer = null
    const batch = this.waiting.splice(0, MAX_BATCH)
    if (batch.length === 0) return
    if (this.waiting.length > 0) this.timer = setTimeout(() => this.send(), PATIENCE_MS)
    this.underWay++
    this.readAll(batch.map(({ sessionId }) => sessionId))
      .then(
        (found) => batch.forEach(({ sessionId, resolve }) => resolve(found.get(sessionId) ?? null)),
        (error: unknown) => batch.forEach(({ reject }) => reject(error)),
      )
      .finally(() => {
        this.underWay--
        this.send()
      })
  }
}
