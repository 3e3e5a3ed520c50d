import type { Socket } from 'node:net'

import type { OnApplicationShutdown } from '@nestjs/common'
import pg from 'pg'
import type { DataSource, QueryRunner } from 'typeorm'

import { UnavailableError } from '../common/hub-error.js'
import { driverErrorOf } from './postgres-errors.js'

export type Parameter =
  string | number | boolean | Date | Buffer | null | readonly string[] | readonly number[]

/** Runs statements, on the pool or inside one transaction. */
export interface Queries {
  /**
   * Runs one statement and resolves with its rows (`RETURNING` included). `Row` is the caller's
   * word for what the statement selects; columns keep their snake_case names.
   *
   * @throws UnavailableError  Postgres cannot be reached, or does not answer within 1.5 s
   */
  rows<Row>(sql: string, parameters?: readonly Parameter[]): Promise<Row[]>
}

/** A pool of connections to the hub's Postgres. */
export class Pool implements Queries {
  constructor(protected readonly dataSource: DataSource) {}

  async rows<Row>(sql: string, parameters: readonly Parameter[] = []): Promise<Row[]> {
    const runner = this.dataSource.createQueryRunner()
    try {
      return await rowsOf<Row>(runner, sql, parameters)
    } finally {
      await runner.release()
    }
  }

  /** Runs `work` in one transaction: committed when it resolves, rolled back when it rejects. */
  async transaction<Result>(work: (queries: Queries) => Promise<Result>): Promise<Result> {
    const runner = this.dataSource.createQueryRunner()
    try {
      await rowsOf(runner, 'BEGIN', [])
      try {
        const result = await work({
          rows: (sql, parameters = []) => rowsOf(runner, sql, parameters),
        })
        await rowsOf(runner, 'COMMIT', [])
        return result
      } catch (error) {
        // On a connection that is gone it fails, and need not be.
        await rowsOf(runner, 'ROLLBACK', []).catch(() => undefined)
        throw translate(error)
      }
    } finally {
      await runner.release()
    }
  }
}

/** The hub's Postgres. Every store speaks SQL through it. */
export class Database extends Pool implements OnApplicationShutdown {
  /** Connections that ordinary requests cannot use up: refreshes never queue behind them. */
  readonly reserved: Pool

  /** @param stopServer stops the embedded server, if this process runs one */
  constructor(
    dataSource: DataSource,
    private readonly reservedSource: DataSource,
    private readonly stopServer: () => Promise<void>,
  ) {
    super(dataSource)
    this.reserved = new Pool(reservedSource)
  }

  /**
   * A connection beside the pools, not opened yet, for somebody who listens: no request waits for it,
   * and whoever asks for it ends it. `stream` is what it will speak over.
   */
  connectionOfItsOwn(name: string, stream: Socket): pg.Client {
    const { options } = this.dataSource
    if (options.type !== 'postgres') throw new Error(`not Postgres: ${options.type}`)
    const { ssl } = options
    return new pg.Client({
      connectionString: options.url,
      ssl: typeof ssl === 'object' && { rejectUnauthorized: ssl.rejectUnauthorized !== false },
      application_name: name,
      stream: () => stream,
    })
  }

  async onApplicationShutdown(): Promise<void> {
    for (const pool of [this.dataSource, this.reservedSource]) {
      if (pool.isInitialized) await pool.destroy()
    }
    await this.stopServer()
  }
}

async function rowsOf<Row>(
  runner: QueryRunner,
  sql: string,
  parameters: readonly Parameter[],
): Promise<Row[]> {
  try {
    const result = await runner.manager.query<Row[] | [Row[], number]>(sql, [...parameters])
    return isCounted(result) ? result[0] : result
  } catch (error) {
    if (isUnanswered(error)) await abandon(runner)
    throw translate(error)
  }
}

/** The driver has given up waiting; the server has not given up working. */
function isUnanswered(error: unknown): boolean {
  const cause = driverErrorOf(error)
  return (
    typeof cause === 'object' &&
    cause !== null &&
    'message' in cause &&
    cause.message === 'Query read timeout'
  )
}

/** Ends the connection: back in the pool, it would keep the next request waiting for what nobody wants any more. */
async function abandon(runner: QueryRunner): Promise<void> {
  const client: unknown = await runner.connect()
  if (isClient(client)) client.end().catch(() => undefined)
}

/** NOTE: no `instanceof`: TypeORM may have loaded a driver of its own. */
function isClient(client: unknown): client is Pick<pg.Client, 'end'> {
  return typeof client === 'object' && client !== null && 'end' in client
}

/** TypeORM answers UPDATE and DELETE with [rows, affected], everything else with rows. */
function isCounted<Row>(result: Row[] | [Row[], number]): result is [Row[], number] {
  return result.length === 2 && typeof result[1] === 'number'
}

/** SQLSTATE classes that say "not now" rather than "not so": connection, resources, shutdown, deadlock. */
const AWAY = /^(?:08|53|57P0|25006|40P01)/

function translate(error: unknown): unknown {
  return isAway(error) ? new UnavailableError(undefined, { cause: error }) : error
}

/** True if Postgres cannot be asked just now, and may be later. */
export function isAway(error: unknown): boolean {
  const cause = driverErrorOf(error)
  // NOTE: no `instanceof Error`: inside a test's realm, Node's own errors are of another one.
  if (typeof cause !== 'object' || cause === null || cause instanceof UnavailableError) return false
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : ''
  const message = 'message' in cause && typeof cause.message === 'string' ? cause.message : ''
  return (
    AWAY.test(code) ||
    /^(?:ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)/.test(code) ||
    // TypeORM's word for a connection that broke between two statements of a transaction is the last.
    /timeout|terminated|not queryable|Cannot use a pool|runner already released/i.test(message)
  )
}
