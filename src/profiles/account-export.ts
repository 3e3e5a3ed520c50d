import { Injectable } from '@nestjs/common'

import { AuditLog } from '../audit/audit-log.js'
import { Clock } from '../common/clock.js'
import { DataKey } from '../database/data-key.js'
import { Database } from '../database/database.js'
import { Tombstones } from '../nodes/tombstones.js'
import { SessionEndedError } from '../tokens/tokens.errors.js'
import { ACCOUNT_TABLE_NAMES, ACCOUNT_TABLES } from './account-tables.js'

/** What each sealed column was sealed for, as whoever writes it has it. */
const SEALED_FOR: Readonly<Record<string, string>> = {
  'accounts.email_cipher': 'email',
  'sessions.place': 'place',
  'audit_events.detail': 'audit detail',
  'device_codes.place': 'device place',
  'node_rotations.registration': 'node rotation',
  'node_successors.statement': 'node succession',
}

/** Under the names of its columns: what was sealed is opened, other bytes are hex. */
type ExportedRow = Record<string, unknown>

export interface AccountExport {
  readonly exportedAt: Date
  /** By the table's name. */
  readonly tables: ReadonlyMap<string, ExportedRow[]>
}

/** Tells a person everything the hub holds about them. */
@Injectable()
export class AccountExporter {
  constructor(
    private readonly database: Database,
    private readonly tombstones: Tombstones,
    private readonly audit: AuditLog,
    private readonly dataKey: DataKey,
    private readonly clock: Clock,
  ) {}

  /**
   * Every column of every row, as of one moment. That it was asked for is written down first, for
   * the owner to read: whoever else has got a token of theirs can ask too.
   *
   * @throws SessionEndedError  the account was deleted meanwhile
   */
  async export(accountId: number): Promise<AccountExport> {
    await this.audit.record(accountId, 'data_exported')
    const exportedAt = this.clock.date()
    const tables = await this.database.transaction(async (queries) => {
      await queries.rows('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY')
      const read = new Map<string, ExportedRow[]>()
      for (const table of ACCOUNT_TABLE_NAMES) {
        const rows = await queries.rows<ExportedRow>(
          `SELECT t.* FROM ${table} t WHERE ${ACCOUNT_TABLES[table]} ORDER BY 1, 2`,
          [accountId],
        )
        read.set(table, this.readable(table, rows))
      }
      const tombstones = await this.tombstones.keptFor(accountId, queries, exportedAt)
      const kept = tombstones.map((row) => ({ ...row }))
      return read.set('node_tombstones', this.readable('node_tombstones', kept))
    })
    if (tables.get('accounts')?.length !== 1) throw new SessionEndedError()
    return { exportedAt, tables }
  }

  private readable(table: string, rows: readonly ExportedRow[]): ExportedRow[] {
    return rows.map((row) => {
      const readable: ExportedRow = {}
      for (const [column, value] of Object.entries(row)) {
        const isBytes = Buffer.isBuffer(value)
        readable[column] = isBytes ? this.opened(`${table}.${column}`, value) : value
      }
      return readable
    })
  }

  /** Text, or what the text says if it is JSON. */
  private opened(column: string, value: Buffer): unknown {
    const purpose = SEALED_FOR[column]
    if (purpose === undefined) return value.toString('hex')
    const text = this.dataKey.open(purpose, value)
    const said: unknown = text.startsWith('{') ? JSON.parse(text) : text
    return said
  }
}
