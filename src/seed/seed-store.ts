import { Socket } from 'node:net'

import type { Client } from 'pg'

import type { HubConfig } from '../config/hub-config.js'
import type { DataKey } from '../database/data-key.js'
import type { Database } from '../database/database.js'
import { copy, type Lines } from './copy.js'
import { fillEmptyTables } from './empty-tables.js'
import { type SeedAccount, SeedRows } from './seed-rows.js'

const TABLES = {
  people: ['accounts', 'identities', 'nodes', 'sessions', 'profiles', 'profile_skills'],
  skills: ['skills', 'skill_changes'],
}

export type Insert = (rows: readonly Lines[]) => Promise<void>

/** Where seeded accounts go: on a connection of its own, whose statements may take as long as they like. */
export class SeedStore {
  private readonly rows: SeedRows

  constructor(
    private readonly database: Database,
    dataKey: DataKey,
    config: HubConfig,
  ) {
    this.rows = new SeedRows(dataKey, config)
  }

  /** What is to be written of these accounts. */
  rowsOf(accounts: readonly SeedAccount[], now: Date): Lines[] {
    return this.rows.of(accounts, now)
  }

  /**
   * Lets `fill` insert, each time in a transaction. Of `isMany` into an empty database all is in one, and indexes
   * are made at its end.
   */
  async write(isMany: boolean, fill: (insert: Insert) => Promise<void>): Promise<void> {
    await this.connected(async (client) => {
      const insert: Insert = async (rows) => {
        for (const lines of rows) await copy(client, lines)
      }
      if (isMany && (await fillEmptyTables(client, () => fill(insert)))) return
      await fill((rows) => inTransaction(client, () => insert(rows)))
    })
  }

  /** What autovacuum would do some minutes later: the planner knows how much there is, and what all can see. */
  async tidy(what: keyof typeof TABLES): Promise<void> {
    await this.connected(async (client) => {
      await client.query(`VACUUM (ANALYZE) ${TABLES[what].join(', ')}`)
    })
  }

  private async connected(work: (client: Client) => Promise<void>): Promise<void> {
    const client = this.database.connectionOfItsOwn('dpc-federation-hub seed', new Socket())
    await client.connect()
    try {
      // What a crash of Postgres would lose can be made again.
      await client.query('SET synchronous_commit = off')
      await work(client)
    } finally {
      await client.end()
    }
  }
}

async function inTransaction(client: Client, work: () => Promise<void>): Promise<void> {
  await client.query('BEGIN')
  try {
    await work()
    await client.query('COMMIT')
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined)
    throw error
  }
}
