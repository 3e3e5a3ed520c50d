import { randomBytes } from 'node:crypto'

import pg from 'pg'

/** A migrated, empty database of a test's own. */
export interface TestDatabase extends AsyncDisposable {
  readonly url: string
  query<Row extends pg.QueryResultRow>(sql: string, parameters?: unknown[]): Promise<Row[]>
}

export function withDatabase(url: string, name: string): string {
  const parsed = new URL(url)
  parsed.pathname = `/${name}`
  return parsed.href
}

export async function cloneDatabase(template = 'hub_template'): Promise<TestDatabase> {
  const server = process.env.TEST_POSTGRES_URL
  if (!server) throw new Error('test/support/global-setup.ts has not run')
  const name = `hub_test_${randomBytes(6).toString('hex')}`
  await runOn(server, `CREATE DATABASE ${name} TEMPLATE ${template}`)
  const url = withDatabase(server, name)
  const pool = new pg.Pool({ connectionString: url, max: 2 })
  pool.on('error', () => {})
  return {
    url,
    query: async <Row extends pg.QueryResultRow>(sql: string, parameters: unknown[] = []) =>
      (await pool.query<Row>(sql, parameters)).rows,
    [Symbol.asyncDispose]: async () => {
      await pool.end()
      await runOn(server, `DROP DATABASE ${name} WITH (FORCE)`)
    },
  }
}

async function runOn(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}
