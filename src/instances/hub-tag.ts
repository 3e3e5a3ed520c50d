import type { DataKey } from '../database/data-key.js'
import type { Database } from '../database/database.js'

/**
 * Tells the hubs on one Redis apart: a keyed hash of which database this is. A copy of it, restored from a dump
 * under the same SECRET_KEY, is another hub.
 */
export async function hubTag(database: Database, dataKey: DataKey): Promise<string> {
  const [row] = await database.rows<{ identity: string }>(
    `SELECT system_identifier || ' ' || oid AS identity
       FROM pg_control_system(), pg_database WHERE datname = current_database()`,
  )
  if (!row) throw new Error('Postgres does not tell which database this is')
  return dataKey.mac('hub tag', row.identity).toString('base64url', 0, 9)
}
