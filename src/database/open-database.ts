import { setTimeout as delay } from 'node:timers/promises'

import type { Logger } from '../common/logger.js'
import type { HubConfig } from '../config/hub-config.js'
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

/**
 * Reaches the server, migrates, and opens the pool. A server that does not answer yet is waited
 * for: containers start in any order.
 *
 * @throws DatabaseUnreachableError  it did not answer within 30 s, or refused us
 */
export async function openDatabase(config: HubConfig, logger: Logger): Promise<Database> {
  const { ssl } = config.database
  const server = await reachServer(config, logger)
  try {
    await waitFor(server.url, ssl, logger)
    await applyMigrations(server.url, ssl)
    const dataSource = createDataSource(server.url, ssl, config.database)
    await dataSource.initialize()
    return new Database(dataSource, () => server.stop())
  } catch (error) {
    await server.stop()
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
