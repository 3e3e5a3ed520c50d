import type { Client } from 'pg'

const TABLES = ['accounts', 'identities', 'nodes', 'sessions', 'profiles', 'profile_skills']
/** What they do for each row or statement is done here once for all, or before: in the rows themselves. */
const TRIGGERS = [
  ['nodes', 'list_accounts_of_new_node'],
  ['profiles', 'list_profile'],
  ['profile_skills', 'note_added_skills'],
] as const
/** For sorting what an index is built from. */
const SORT_MEMORY = '512MB'

interface Constraint {
  readonly table: string
  readonly name: string
  readonly kind: 'f' | 'p' | 'u'
  readonly definition: string
}

/**
 * Runs `fill` while the tables have neither indexes nor constraints, if they are empty; resolves with whether
 * they were. All of it in one transaction: when it fails, or is killed, nothing has happened. A hub that runs
 * meanwhile waits for it in vain.
 */
export async function fillEmptyTables(client: Client, fill: () => Promise<void>): Promise<boolean> {
  await client.query('BEGIN')
  try {
    await client.query(`LOCK TABLE ${TABLES.join(', ')} IN ACCESS EXCLUSIVE MODE`)
    const { rowCount } = await client.query('SELECT FROM accounts LIMIT 1')
    if (rowCount !== 0) {
      await client.query('ROLLBACK')
      return false
    }
    const putBack = await putAway(client)
    await fill()
    await putBack()
    await client.query('COMMIT')
    return true
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined)
    throw error
  }
}

/** Resolves with what makes everything as it was. */
async function putAway(client: Client): Promise<() => Promise<void>> {
  const constraints = await constraintsOf(client)
  for (const { table, name } of constraints) {
    await client.query(`ALTER TABLE ${table} DROP CONSTRAINT ${name}`)
  }
  const indexes = await indexesOf(client)
  for (const { name } of indexes) await client.query(`DROP INDEX ${name}`)
  for (const [table, name] of TRIGGERS) {
    await client.query(`ALTER TABLE ${table} DISABLE TRIGGER ${name}`)
  }
  return async () => {
    await client.query(`SET LOCAL maintenance_work_mem = '${SORT_MEMORY}'`)
    for (const { definition } of indexes) await client.query(definition)
    // Keys before those that refer to them.
    for (const { table, name, definition } of constraints.toReversed()) {
      await client.query(`ALTER TABLE ${table} ADD CONSTRAINT ${name} ${definition}`)
    }
    for (const [table, name] of TRIGGERS) {
      await client.query(`ALTER TABLE ${table} ENABLE TRIGGER ${name}`)
    }
    await client.query(
      `INSERT INTO skill_changes
       SELECT skill, count(*) FROM profile_skills WHERE is_listed GROUP BY skill`,
    )
  }
}

/** Keys, and what refers to them from wherever, the latter first. */
async function constraintsOf(client: Client): Promise<Constraint[]> {
  const { rows } = await client.query<Constraint>(
    `SELECT conrelid::regclass::text AS table, quote_ident(conname) AS name, contype::text AS kind,
            pg_get_constraintdef(oid) AS definition
       FROM pg_constraint
      WHERE contype IN ('f', 'p', 'u')
        AND (conrelid = ANY ($1::regclass[]) OR confrelid = ANY ($1::regclass[]))
      ORDER BY contype <> 'f', oid`,
    [TABLES],
  )
  return rows
}

/** Those that are left without constraints. */
async function indexesOf(client: Client): Promise<{ name: string; definition: string }[]> {
  const { rows } = await client.query<{ name: string; definition: string }>(
    `SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition
       FROM pg_index WHERE indrelid = ANY ($1::regclass[])`,
    [TABLES],
  )
  return rows
}
