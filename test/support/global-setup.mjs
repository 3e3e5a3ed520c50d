import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import pg from 'pg'

// NOTE: jest loads this file without its transform, hence the built hub; scripts/jest.mjs builds it.
import { openEmbeddedPostgres } from '../../dist/src/database/embedded-postgres.js'
import { applyMigrations } from '../../dist/src/database/migrate.js'

/** A real Postgres for the whole run, with a migrated template that each hub of a test clones. */
export default async function globalSetup() {
  if (globalThis.stopTestPostgres) return
  const server = await openEmbeddedPostgres(await mkdtemp(join(tmpdir(), 'hub-test-')), () => {})
  globalThis.stopTestPostgres = () => server.stop()

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
