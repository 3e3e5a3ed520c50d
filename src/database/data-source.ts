import { DataSource } from 'typeorm'
import pg from 'pg'

import { migrations } from '../../migrations/all.js'
import type { HubConfig } from '../config/hub-config.js'

/** Milliseconds a request waits for a free database connection, and then for its statement. */
const WAIT_MS = 1_500

/** `bigint` as a number: account ids and counts stay below 2^53. */
pg.types.setTypeParser(pg.types.builtins.INT8, Number)

export interface DataSourceOptions {
  /** Connections at most. */
  readonly poolSize: number
  /** Migrations may take long; requests may not. */
  readonly patient?: boolean
}

export function createDataSource(
  url: string,
  ssl: HubConfig['database']['ssl'],
  { poolSize, patient = false }: DataSourceOptions,
): DataSource {
  return new DataSource({
    type: 'postgres',
    url,
    ssl: ssl === 'disable' ? false : { rejectUnauthorized: ssl === 'verify-full' },
    applicationName: 'dpc-federation-hub',
    poolSize,
    installExtensions: false,
    migrations,
    migrationsTransactionMode: 'each',
    logging: false,
    // The pool reports connections that die while idle; queries on them fail by themselves.
    poolErrorHandler: () => undefined,
    extra: {
      connectionTimeoutMillis: patient ? 10_000 : WAIT_MS,
      ...(patient ? {} : { query_timeout: WAIT_MS }),
      keepAlive: true,
    },
  })
}
