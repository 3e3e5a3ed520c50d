import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common'

import { Clock } from '../common/clock.js'
import { UnavailableError } from '../common/hub-error.js'
import { Logger } from '../common/logger.js'
import { Database } from '../database/database.js'
import type { ActorNode } from '../identity/actor.js'

const EVERY_MS = 60_000
const HOUR_MS = 3_600_000
/** Nodes written in one statement. */
const AT_ONCE = 1_000

/**
 * Writes down in which hour a node was last heard of, never finer: when its session is read or refreshed,
 * and while it is connected. Once an hour for each node, many at a time, and no request waits for it.
 */
@Injectable()
export class NodeSightings implements OnModuleInit, OnModuleDestroy {
  private timer: NodeJS.Timeout | null = null
  /** Those not written yet, each with its hour; milliseconds. */
  private readonly waiting = new Map<string, number>()
  private readonly written = new Set<string>()
  /** Of `written`. */
  private hour = 0

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  onModuleInit(): void {
    this.timer = setInterval(() => {
      this.write().catch((error: unknown) => this.logger.error(error))
    }, EVERY_MS)
    this.timer.unref()
  }

  onModuleDestroy(): void {
    if (this.timer) clearInterval(this.timer)
  }

  note({ spkiSha256 }: ActorNode): void {
    const now = this.clock.now()
    const hour = now - (now % HOUR_MS)
    if (hour !== this.hour) {
      this.hour = hour
      this.written.clear()
    }
    if (!this.written.has(spkiSha256)) this.waiting.set(spkiSha256, hour)
  }

  /** What cannot be written now waits for the next time. */
  async write(): Promise<void> {
    try {
      while (this.waiting.size > 0) await this.writeSome([...this.waiting].slice(0, AT_ONCE))
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error
    }
  }

  /**
   * A node that somebody holds just now is left out: to be a few minutes late is better than to wait,
   * with others held. Index: nodes_pkey.
   */
  private async writeSome(seen: readonly (readonly [spkiSha256: string, hour: number])[]) {
    await this.database.rows(
      `WITH seen AS (
         SELECT n.spki_sha256, asked.hour
           FROM nodes n
           JOIN unnest($1::text[], $2::timestamptz[]) AS asked (spki, hour) ON asked.spki = n.spki_sha256
          WHERE n.last_seen_on IS NULL OR n.last_seen_on < asked.hour
            FOR NO KEY UPDATE OF n SKIP LOCKED
       )
       UPDATE nodes n SET last_seen_on = seen.hour FROM seen WHERE n.spki_sha256 = seen.spki_sha256`,
      [seen.map(([spki]) => spki), seen.map(([, hour]) => new Date(hour).toISOString())],
    )
    for (const [spki, hour] of seen) {
      if (this.waiting.get(spki) === hour) this.waiting.delete(spki)
      if (hour === this.hour) this.written.add(spki)
    }
  }
}
