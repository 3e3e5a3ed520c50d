import { MigrationExecutor } from 'typeorm'

import type { HubConfig } from '../config/hub-config.js'
import { createDataSource } from './data-source.js'

/** Any number all instances agree on: they migrate one after the other. */
const MIGRATION_LOCK = 4_737_821

/**
 * Applies the pending migrations, oldest first, each in a transaction, and resolves with their
 * names. Safe to run by several instances at once: the second waits, then finds nothing to do.
 */
export async function applyMigrations(
  url: string,
  ssl: HubConfig['database']['ssl'],
): Promise<string[]> {
  const dataSource = createDataSource(url, ssl, { poolSize: 2, patient: true })
  await dataSource.initialize()
  const lock = dataSource.createQueryRunner()
  try {
    // Of a transaction: behind a pooler, a lock of the session would be left with somebody else.
    await lock.startTransaction()
    await lock.query('SELECT pg_advisory_xact_lock($1)', [MIGRATION_LOCK])
    return (await dataSource.runMigrations()).map(({ name }) => name)
  } finally {
    if (lock.isTransactionActive) await lock.rollbackTransaction().catch(() => undefined)
    await lock.release()
    await dataSource.destroy()
  }
}

/** The names of the migrations that this database still lacks. */
export async function pendingMigrations(
  url: string,
  ssl: HubConfig['database']['ssl'],
): Promise<string[]> {
  const dataSource = createDataSource(url, ssl, { poolSize: 1, patient: true })
  await dataSource.initialize()
  try {
    return (await new MigrationExecutor(dataSource).getPendingMigrations()).map(({ name }) => name)
  } finally {
    await dataSource.destroy()
  }
}
