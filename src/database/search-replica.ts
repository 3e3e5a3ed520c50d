import type { OnApplicationShutdown } from '@nestjs/common'
import type { DataSource } from 'typeorm'

import { UnavailableError } from '../common/hub-error.js'
import type { Logger } from '../common/logger.js'
import type { HubConfig } from '../config/hub-config.js'
import { createDataSource } from './data-source.js'
import { type Database, isAway, Pool, type Queries } from './database.js'
import { driverErrorOf } from './postgres-errors.js'
import { ReplicaLag } from './replica-lag.js'

/** In milliseconds. */
export interface ReplicaTimes {
  /** Between two looks at it. */
  readonly check: number
  /** For how long it is left alone after it has failed. */
  readonly pause: number
  /** How far it may be behind. */
  readonly maxLag: number
}

const TIMES: ReplicaTimes = { check: 2_000, pause: 5_000, maxLag: 5_000 }

/** What is found out of it, and what the log says then. */
const STATES = {
  good: 'searches read from the replica',
  away: 'does not answer; searches read from DATABASE_URL until it does',
  behind: 'is too far behind; searches read from DATABASE_URL until it has caught up',
  foreign: 'is no streaming replica; searches read from DATABASE_URL: name one, or unset it',
} as const

type State = keyof typeof STATES

/** SQLSTATE classes of what only a replica says: cancelled for what is replayed; a migration is still to come. */
const ONLY_THERE = /^4[02]/

/**
 * Where searches read: a replica of the hub's Postgres, if there is one that answers and is less than five
 * seconds behind, else the hub's Postgres itself. Somebody looks at the replica by a timer, so that no
 * search waits for one that is known to be away.
 */
export class SearchReplica implements OnApplicationShutdown {
  private readonly lag = new ReplicaLag()
  private readonly pool: Pool | null
  private timer: NodeJS.Timeout | undefined
  /** The look under way. */
  private looking: Promise<void> | null = null
  private isClosed = false
  /** By performance.now. */
  private pausedUntil = 0
  private state: State | null = null

  /** @param source  not opened yet; null: there is no replica */
  constructor(
    private readonly primary: Database,
    private readonly source: DataSource | null,
    private readonly logger: Logger,
    private readonly times: ReplicaTimes = TIMES,
  ) {
    this.pool = source && new Pool(source)
  }

  /** One that is away does not keep the hub from starting. */
  static async open(
    { database: { ssl, replicaUrl, poolSize } }: HubConfig,
    primary: Database,
    logger: Logger,
  ): Promise<SearchReplica> {
    const source = replicaUrl && createDataSource(replicaUrl.reveal(), ssl, { poolSize })
    const replica = new SearchReplica(primary, source, logger)
    await replica.begin()
    return replica
  }

  /** Looks at the replica, and goes on doing so. */
  async begin(): Promise<void> {
    if (!this.source) return
    await this.look()
    this.timer = setInterval(() => {
      this.look().catch((error: unknown) => this.logger.error(error))
    }, this.times.check)
    this.timer.unref()
  }

  /**
   * Runs statements that only read, and may miss what was written in the last seconds. When the replica
   * fails, `work` is run once more from its beginning.
   *
   * @throws UnavailableError  neither of the two answers
   */
  async read<Result>(work: (queries: Queries) => Promise<Result>): Promise<Result> {
    if (!this.pool || this.state !== 'good') return readOn(this.primary, work)
    try {
      return await readOn(this.pool, work)
    } catch (error) {
      if (isTooSlow(error)) throw error
      if (error instanceof UnavailableError) this.pause()
      else if (!isOnlyThere(error)) throw error
      return readOn(this.primary, work)
    }
  }

  async onApplicationShutdown(): Promise<void> {
    this.isClosed = true
    clearInterval(this.timer)
    await this.looking
    if (this.source?.isInitialized) await this.source.destroy()
  }

  private pause(): void {
    this.pausedUntil = performance.now() + this.times.pause
    this.enter('away')
  }

  private look(): Promise<void> {
    this.looking ??= this.lookOnce().finally(() => (this.looking = null))
    return this.looking
  }

  private async lookOnce(): Promise<void> {
    if (performance.now() < this.pausedUntil) return
    try {
      await this.notePrimary()
      const state = await this.stateNow()
      // A search may have found it away meanwhile.
      if (performance.now() >= this.pausedUntil) this.enter(state)
    } catch (error) {
      // The first connection is not made by a statement, hence both. Anything else is an operator's to mend.
      const isUnusual = !(error instanceof UnavailableError || isAway(error))
      if (isUnusual && this.state !== 'away') this.logger.error(error)
      this.pause()
    }
  }

  /** While it is away the replica may go on: nothing new is written that it could lack. */
  private async notePrimary(): Promise<void> {
    try {
      const [row] = await this.primary.rows<{ position: number }>(
        "SELECT pg_wal_lsn_diff(pg_current_wal_flush_lsn(), '0/0')::float8 AS position",
      )
      if (row) this.lag.mark(row.position, performance.now())
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error
    }
  }

  private async stateNow(): Promise<State> {
    if (!this.source || !this.pool) return 'away'
    if (!this.source.isInitialized) await this.source.initialize()
    const [row] = await this.pool.rows<{ position: number | null }>(
      `SELECT pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0')::float8 AS position
        WHERE pg_is_in_recovery()`,
    )
    if (!row || row.position === null) return 'foreign'
    const msBehind = this.lag.msBehind(row.position, performance.now())
    return msBehind > this.times.maxLag ? 'behind' : 'good'
  }

  /** Says so, if it is news. */
  private enter(state: State): void {
    if (state === this.state || this.isClosed) return
    this.state = state
    const line = `DATABASE_REPLICA_URL: ${STATES[state]}`
    if (state === 'good') this.logger.info(line)
    else this.logger.warn(line)
  }
}

function isOnlyThere(error: unknown): boolean {
  const cause = driverErrorOf(error)
  const hasCode = typeof cause === 'object' && cause !== null && 'code' in cause
  return hasCode && typeof cause.code === 'string' && ONLY_THERE.test(cause.code)
}

/** Statements of a search that take longer are ended by the server: else they went on for nobody. */
const STATEMENT_MS = 1_200

/**
 * In one transaction, for its settings: a search never reads a whole table, as no index says how few it will find
 * there, and compiling it would take longer than running it.
 */
function readOn<Result>(pool: Pool, work: (queries: Queries) => Promise<Result>): Promise<Result> {
  return pool.transaction(async (queries) => {
    await queries.rows(
      `SELECT set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true),
              set_config('statement_timeout', '${STATEMENT_MS}', true)`,
    )
    return work(queries)
  })
}

/** It was the statement, not the server. */
function isTooSlow(error: unknown): boolean {
  const cause = error instanceof UnavailableError ? error.cause : error
  const driverError = driverErrorOf(cause)
  return (
    typeof driverError === 'object' &&
    driverError !== null &&
    'code' in driverError &&
    driverError.code === '57014'
  )
}
