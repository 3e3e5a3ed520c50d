import { UnavailableError } from '../common/hub-error.js'
import type { Logger } from '../common/logger.js'
import type { Database } from '../database/database.js'
import { lineName } from './postgres-line.js'

const BEAT_MS = 1_000
/** An instance that has not been heard of for so long is gone. */
const DEAD_AFTER = "interval '5 seconds'"
/** If this one could not beat for so long, the others could not either, and are given time to do so. */
const GAP_MS = 2_500
const PATIENCE_MS = 5_000
/** Who was heard on the carrier since then runs, though it may have lost Postgres. */
const HEARD_MS = 5_000
/** Places of instances that are in the table no longer: looked for every so many beats. */
const BEATS_BETWEEN_SWEEPS = 60

export interface MembershipEvents {
  onMet(instance: string): void
  onParted(instance: string): void
  /** The others took this instance for dead, with all that it held: it was asleep, or cut off. */
  onRevived(): void
}

/**
 * Which instances of this hub run, by the table `instances` that they share: each writes every second
 * that it lives. Times are all by the clock of Postgres. It goes past the pool that requests use up; while
 * Postgres is away, those last known stay. One that is away from Postgres alone stays while it is heard.
 */
export class Membership {
  private readonly alive = new Set<string>()
  /** When each was heard on the carrier, or met; by `performance.now()`. */
  private readonly heardAt = new Map<string, number>()
  /** Those that have said goodbye, while they may still stand in the table. */
  private readonly departed = new Set<string>()
  private timer: NodeJS.Timeout | undefined
  /** The beat under way. */
  private beating: Promise<void> | null = null
  private isClosed = false
  private beatAt = performance.now()
  private patientUntil = 0
  private beats = 0
  private readonly startedAt = performance.now()

  constructor(
    private readonly id: string,
    private readonly database: Database,
    private readonly logger: Logger,
    private readonly events: MembershipEvents,
  ) {}

  get others(): ReadonlySet<string> {
    return this.alive
  }

  /** It has said on the carrier that it runs. */
  hear(instance: string): void {
    this.heardAt.set(instance, performance.now())
  }

  /** The carrier was away, or this process asleep: all are given the time to be heard again. */
  listenAnew(): void {
    for (const instance of this.alive) this.hear(instance)
  }

  /** Those that run, and have not been heard for so long. */
  unheardFor(ms: number): string[] {
    const since = performance.now() - ms
    return [...this.alive].filter((instance) => (this.heardAt.get(instance) ?? 0) < since)
  }

  /** Resolves when the others are known; then goes on. */
  async open(): Promise<void> {
    const first = this.beat()
    this.beating = first.catch(() => undefined).finally(() => (this.beating = null))
    await first
    this.timer = setInterval(() => {
      this.beatOnce().catch((error: unknown) => this.logger.error(error))
    }, BEAT_MS)
    this.timer.unref()
  }

  /** What it says is to be heard: it runs, or has just said goodbye. */
  isMember(instance: string): boolean {
    return this.alive.has(instance) || this.departed.has(instance)
  }

  /** Reads the table at once, if it has not been read since: does an instance stand there that was not known? */
  async look(instance: string): Promise<boolean> {
    this.hear(instance)
    await this.beating
    if (!this.isMember(instance) && !this.isClosed) await this.beatOnce()
    return this.isMember(instance)
  }

  private beatOnce(): Promise<void> {
    this.beating ??= this.beat().finally(() => (this.beating = null))
    return this.beating
  }

  private meet(instance: string): void {
    if (this.alive.has(instance) || this.departed.has(instance) || this.isClosed) return
    this.alive.add(instance)
    this.heardAt.set(instance, performance.now())
    this.events.onMet(instance)
  }

  /** It has said goodbye, and does not come back under this id. */
  part(instance: string): void {
    this.departed.add(instance)
    this.remove(instance)
  }

  /** If Postgres is away now, the others find out by themselves. */
  async close(): Promise<void> {
    clearInterval(this.timer)
    this.isClosed = true
    if (!this.timer) return
    await this.beating?.catch(() => undefined)
    try {
      await this.database.reserved.rows(
        'WITH own AS (DELETE FROM instances WHERE id = $1) DELETE FROM places WHERE instance = $1',
        [this.id],
      )
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error
    }
  }

  private async beat(): Promise<void> {
    const known = [...this.alive]
    try {
      const wasKnown = await this.write()
      const isPatient = this.isPatient(wasKnown)
      const others = await this.read(isPatient)
      if (this.isClosed) return
      for (const instance of this.departed) {
        if (!others.has(instance)) this.departed.delete(instance)
      }
      for (const instance of known) {
        if (!others.has(instance) && !isPatient && !this.isHeard(instance)) this.remove(instance)
      }
      for (const instance of others) this.meet(instance)
      for (const instance of this.heardAt.keys()) {
        if (!this.alive.has(instance) && !this.isHeard(instance)) this.heardAt.delete(instance)
      }
      if (!wasKnown && this.timer) this.events.onRevived()
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error
    }
  }

  /** Postgres was away, or has lost the table: how the others are is yet to be seen. */
  private isPatient(wasKnown: boolean): boolean {
    const now = performance.now()
    const isBack = now - this.beatAt > GAP_MS || (!wasKnown && this.timer !== undefined)
    if (isBack) this.patientUntil = now + PATIENCE_MS
    this.beatAt = now
    return now < this.patientUntil
  }

  /** False: it did not stand in the table. */
  private async write(): Promise<boolean> {
    const [row] = await this.database.reserved.rows<{ wasKnown: boolean }>(
      `INSERT INTO instances (id, beat_at) VALUES ($1, clock_timestamp())
       ON CONFLICT (id) DO UPDATE SET beat_at = excluded.beat_at RETURNING xmax <> 0 AS "wasKnown"`,
      [this.id],
    )
    return row?.wasKnown ?? false
  }

  /** After `write`, not with it: of two that come at the same time at least one sees the other. */
  private async read(isPatient: boolean): Promise<ReadonlySet<string>> {
    const rows = await this.database.reserved.rows<{ id: string; isDead: boolean }>(
      `SELECT id, beat_at < clock_timestamp() - ${DEAD_AFTER} AS "isDead" FROM instances WHERE id <> $1`,
      [this.id],
    )
    const isAnyDead = rows.some(({ id, isDead }) => isDead && !this.isHeard(id))
    const isDue = ++this.beats % BEATS_BETWEEN_SWEEPS === 0
    // Not before those can have been heard that have lost Postgres.
    const hasListened = performance.now() - this.startedAt > HEARD_MS
    if ((isAnyDead || isDue) && !isPatient && hasListened) await this.sweep()
    return new Set(rows.filter(({ id, isDead }) => !isDead || this.isHeard(id)).map(({ id }) => id))
  }

  /**
   * With a dead instance go its places, such as it took when its row was gone already, and the connection
   * on which it would listen once it is thawed: what it does not read, Postgres has to keep.
   */
  private async sweep(): Promise<void> {
    const heard = [...this.heardAt.keys()].filter((instance) => this.isHeard(instance))
    await this.database.reserved.rows(
      `WITH dead AS (
         DELETE FROM instances WHERE id IN (
           SELECT id FROM instances
            WHERE beat_at < clock_timestamp() - ${DEAD_AFTER} AND id <> ALL ($1)
              FOR UPDATE SKIP LOCKED)
         RETURNING id),
       deserted AS (
         DELETE FROM places p WHERE p.instance IN (SELECT id FROM dead)
            OR NOT EXISTS (SELECT FROM instances i WHERE i.id = p.instance))
       SELECT pg_terminate_backend(a.pid) FROM dead JOIN pg_stat_activity a
           ON a.application_name = $2 || dead.id AND a.usename = current_user`,
      [heard, lineName('')],
    )
  }

  private isHeard(instance: string): boolean {
    const at = this.heardAt.get(instance)
    return at !== undefined && performance.now() - at < HEARD_MS
  }

  private remove(instance: string): void {
    if (this.alive.delete(instance)) this.events.onParted(instance)
  }
}
