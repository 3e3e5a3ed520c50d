import { setTimeout as delay } from 'node:timers/promises'

import type { Clock } from '../common/clock.js'
import type { Logger } from '../common/logger.js'
import type { HubConfig } from '../config/hub-config.js'
import { type DataKey, loadDataKey } from './data-key.js'
import { createDataSource } from './data-source.js'
import { Database, isAway } from './database.js'
import { openEmbeddedPostgres } from './embedded-postgres.js'
import { applyMigrations } from './migrate.js'
import { DatabaseUnreachableError } from './unreachable.error.js'

/** A Postgres that can be reached: DATABASE_URL, or the embedded one, started if need be. */
export interface DatabaseServer {
  readonly url: string
  stop(): Promise<void>
}

export async function reachServer(config: HubConfig, logger: Logger): Promise<DatabaseServer> {
  const { url, dataDir } = config.database
  if (!url) return openEmbeddedPostgres(dataDir, (line) => logger.info(line))
  return { url: url.reveal(), stop: () => Promise.resolve() }
}

/** How long a Postgres that is still starting is waited for. */
const PATIENCE_MS = 30_000
const RETRY_EVERY_MS = 500
/** One for refreshes, which never need more (RefreshBatch), and one for health checks. */
const RESERVED = { poolSize: 2 }

/**
 * Reaches the server, migrates, and opens the pool. A server that does not answer yet is waited
 * for: containers start in any order.
 *
 * @throws DatabaseUnreachableError  it did not answer within 30 s, or refused us
 * @throws DataKeyError              it was started with another SECRET_KEY
 */
export async function openDatabase(
  config: HubConfig,
  clock: Clock,
  logger: Logger,
): Promise<{ database: Database; dataKey: DataKey }> {
  const { ssl } = config.database
  const server = await reachServer(config, logger)
  const dataSource = createDataSource(server.url, ssl, config.database)
  const reserved = createDataSource(server.url, ssl, RESERVED)
  const database = new Database(dataSource, reserved, () => server.stop())
  try {
    await waitFor(server.url, ssl, logger)
    await applyMigrations(server.url, ssl)
    await dataSource.initialize()
    await reserved.initialize()
    const { secretKey, previousSecretKey } = config.tokens
    const dataKey = await loadDataKey(database, secretKey, previousSecretKey, clock.date())
    return { database, dataKey }
  } catch (error) {
    await database.onApplicationShutdown()
    throw error
  }
}

async function waitFor(
  url: string,
  ssl: HubConfig['database']['ssl'],
  logger: Logger,
): Promise<void> {
  const giveUpAt = performance.now() + PATIENCE_MS
  for (let attempt = 0; ; attempt++) {
    const probe = createDataSource(url, ssl, { poolSize: 1 })
    try {
      await probe.initialize()
      await probe.destroy()
      return
    } catch (error) {
      if (!isAway(error) || performance.now() > giveUpAt) {
        throw new DatabaseUnreachableError(url, error)
      }
      if (attempt === 0) logger.warn('the database does not answer yet: trying for 30 s')
      await delay(RETRY_EVERY_MS)
    }
  }
}
