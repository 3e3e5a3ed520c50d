import type { Connection } from '../../routing/connection.js'

/** Nodes that one connection may ask about: so many at once, then so many a second. */
const AT_ONCE = 400
const PER_SECOND = 20

/** One node that a connection watches, under the id that it wrote. */
export interface Watching {
  readonly watcher: Watcher
  readonly nodeId: string
  /** What the connection was last told; null while it waits for the answer to its frame. */
  told: boolean | null
  /** It is to be told, and could not be: it does not read. */
  isDue: boolean
  hasEnded: boolean
}

/** What one connection watches, and how many more nodes it may ask about. */
export class Watcher {
  /** By the id as the connection wrote it. */
  readonly watchings = new Map<string, Watching>()
  private left = AT_ONCE

  /** @param countedAt of `performance.now()` */
  constructor(
    readonly connection: Connection,
    private countedAt: number,
  ) {}

  /** Counts questions, all or none of them. Zero: they were taken; else seconds to wait for that. */
  take(questions: number, now: number): number {
    const refilled = ((now - this.countedAt) / 1_000) * PER_SECOND
    this.left = Math.min(AT_ONCE, this.left + refilled)
    this.countedAt = now
    if (this.left < questions) return Math.ceil((questions - this.left) / PER_SECOND)
    this.left -= questions
    return 0
  }
}
