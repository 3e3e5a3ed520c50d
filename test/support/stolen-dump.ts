import { everyRow } from './account-catalogue.js'
import { cloneDatabase, type TestDatabase } from './postgres.js'

/** All rows of a database in a new one, as a dump that was read in elsewhere. */
export async function restoreElsewhere(from: TestDatabase): Promise<TestDatabase> {
  const copy = await cloneDatabase()
  // Tables come in any order here.
  await copy.query("SET session_replication_role = 'replica'")
  const tables = await from.query<{ name: string }>(
    `SELECT table_name AS name FROM information_schema.tables
      WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND table_name <> 'migrations'`,
  )
  for (const { name } of tables) {
    const [dump] = await from.query<{ rows: unknown }>(
      `SELECT coalesce(json_agg(t), '[]') AS rows FROM "${name}" t`,
    )
    await copy.query(
      `INSERT INTO "${name}" OVERRIDING SYSTEM VALUE
       SELECT * FROM json_populate_recordset(NULL::"${name}", $1)`,
      [JSON.stringify(dump?.rows)],
    )
  }
  // As a dump has it: the next event's number is a new one.
  await copy.query(
    `SELECT setval(pg_get_serial_sequence('audit_events', 'id'), (SELECT max(id) FROM audit_events))`,
  )
  return copy
}

/** A row in every way a thief would read it: as it is, and whatever in it is hex or base64, decoded. */
export function readingsOf(row: string): string[] {
  const hex = [...row.matchAll(/[0-9a-f]{8,}/gi)].map(([each]) => Buffer.from(each, 'hex'))
  const base64 = [...row.matchAll(/[\w+/-]{8,}={0,2}/g)].map(([each]) =>
    Buffer.from(each, 'base64url'),
  )
  const decoded = [...hex, ...base64].flatMap((bytes) => [
    bytes.toString('latin1'),
    bytes.toString('utf8'),
  ])
  return [row, ...decoded]
}

/** All texts in the dump that somebody could try to log in with, in the spellings credentials have. */
export async function wordsOf(database: TestDatabase): Promise<string[]> {
  const words = new Set<string>()
  for (const { row } of await everyRow(database)) {
    // A certificate is public, and no credential has its length.
    for (const [text] of row.matchAll(/[\w.+/=-]{16,200}/g)) {
      words.add(text.replace(/^x(?=[0-9a-f]+$)/, ''))
    }
    for (const [, hex = ''] of row.matchAll(/\\x([0-9a-f]{16,400})/g)) {
      const bytes = Buffer.from(hex, 'hex')
      for (const encoding of ['hex', 'base64', 'base64url'] as const) {
        words.add(bytes.toString(encoding))
      }
    }
  }
  return [...words]
}
