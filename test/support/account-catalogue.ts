import type { TestDatabase } from './postgres.js'

/**
 * The tables whose rows belong to an account, by the database's own word: `accounts`, whatever refers
 * to it, whatever refers to that, and so on.
 */
export async function tablesOfAccounts(database: TestDatabase): Promise<string[]> {
  const rows = await database.query<{ name: string }>(
    `WITH RECURSIVE reference AS (
       SELECT referring.table_name AS child, referred.table_name AS parent
         FROM information_schema.referential_constraints rc
         JOIN information_schema.table_constraints referring USING (constraint_schema, constraint_name)
         JOIN information_schema.table_constraints referred
           ON referred.constraint_schema = rc.unique_constraint_schema
          AND referred.constraint_name = rc.unique_constraint_name
     ), below AS (
       SELECT 'accounts' COLLATE "C" AS name
       UNION
       SELECT reference.child::text COLLATE "C" FROM reference JOIN below ON reference.parent = below.name
     )
     SELECT name FROM below ORDER BY name`,
  )
  return rows.map(({ name }) => name)
}

/** Every table of the hub with its rows, as text. */
export async function everyRow(database: TestDatabase): Promise<{ table: string; row: string }[]> {
  const tables = await database.query<{ name: string }>(
    `SELECT table_name AS name FROM information_schema.tables
      WHERE table_schema = 'public' AND table_type = 'BASE TABLE'`,
  )
  const found: { table: string; row: string }[] = []
  for (const { name } of tables) {
    const rows = await database.query<{ row: string }>(
      `SELECT to_jsonb(t)::text AS row FROM "${name}" t`,
    )
    found.push(...rows.map(({ row }) => ({ table: name, row })))
  }
  return found
}

/** `{table: columns}`, sorted, of the tables named. */
export async function columnsOf(
  database: TestDatabase,
  tables: readonly string[],
  type: string | null = null,
): Promise<Record<string, string[]>> {
  const rows = await database.query<{ table_name: string; columns: string[] }>(
    `SELECT table_name::text, array_agg(column_name::text ORDER BY column_name::text) AS columns
       FROM information_schema.columns
      WHERE table_schema = 'public' AND table_name = ANY ($1) AND ($2::text IS NULL OR data_type = $2)
      GROUP BY table_name`,
    [tables, type],
  )
  return Object.fromEntries(rows.map(({ table_name: name, columns }) => [name, columns]))
}
