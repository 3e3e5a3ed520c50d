import type { Logger } from '../common/logger.js'
import type { HubConfig } from '../config/hub-config.js'
import { createDataSource } from './data-source.js'
import { Database } from './database.js'
import { openEmbeddedPostgres } from './embedded-postgres.js'
import { applyMigrations } from './migrate.js'

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

/**
 * Reaches the server, migrates, and opens the pool.
 *
 * @throws the driver's error when Postgres cannot be reached
 */
export async function openDatabase(config: HubConfig, logger: Logger): Promise<Database> {
  const { ssl } = config.database
  const server = await reachServer(config, logger)
  try {
    await applyMigrations(server.url, ssl)
    const dataSource = createDataSource(server.url, ssl, config.database)
    await dataSource.initialize()
    return new Database(dataSource, () => server.stop())
  } catch (error) {
    await server.stop()
    throw error
  }
}
