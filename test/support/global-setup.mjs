import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import pg from 'pg'

// NOTE: jest loads this file without its transform, hence the built hub; scripts/jest.mjs builds it.
import { openEmbeddedPostgres } from '../../dist/src/database/embedded-postgres.js'
import { applyMigrations } from '../../dist/src/database/migrate.js'

/** A real Postgres for the whole run, with a migrated template that each hub of a test clones. */
export default async function globalSetup() {
  if (globalThis.stopTestPostgres) return
  const folder = await mkdtemp(join(tmpdir(), 'hub-test-'))
  // Run by root, Postgres is another user's: it must reach its folder.
  await chmod(folder, 0o711)
  const server = await openEmbeddedPostgres(folder, () => {})
  globalThis.stopTestPostgres = async () => {
    await server.stop()
    await rm(folder, { recursive: true, force: true })
  }

  const client = new pg.Client({ connectionString: server.url })
  await client.connect()
  // What a crash would lose is a test's, so nothing waits for the disk.
  await client.query('ALTER SYSTEM SET fsync = off')
  await client.query('ALTER SYSTEM SET synchronous_commit = off')
  await client.query('SELECT pg_reload_conf()')
  await client.query('CREATE DATABASE hub_template')
  await client.end()
  const template = new URL(server.url)
  template.pathname = '/hub_template'
  await applyMigrations(template.href, 'disable')
  process.env.TEST_POSTGRES_URL = server.url
}
