import type { Client, Connection, Submittable } from 'pg'

/** What one column of one row holds: JSON, arrays and bytes as Postgres spells them. */
export type Cell = string | number | boolean | Date | null

const SPECIAL = /[\\\n\r\t]/
const ESCAPED = /[\\\n\r\t]/g
const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
}

/** The few keys and certificates that all nodes share are escaped once: half of all that is written. */
const LONG = 400
const MAX_LONG_ONES = 100
const longOnes = new Map<string, string>()

/** Rows of one table, as Postgres reads them. */
export interface Lines {
  readonly table: string
  readonly columns: readonly string[]
  readonly text: Buffer
}

export function linesOf(table: string, columns: readonly string[], rows: Cell[][]): Lines {
  return { table, columns, text: Buffer.from(rows.map(lineOf).join('')) }
}

/** Writes rows by `COPY`, which Postgres takes several times as fast as parameters of an `INSERT`. */
export function copy(client: Client, { table, columns, text }: Lines): Promise<void> {
  if (text.length === 0) return Promise.resolve()
  const sql = `COPY ${table} (${columns.join(', ')}) FROM STDIN`
  return new Promise((resolve, reject) => {
    client.query(new Copy(sql, text, resolve, reject))
  })
}

/** Under `bytea`, as the text of a cell. */
export function bytesOf(bytes: Buffer): string {
  return `\\x${bytes.toString('hex')}`
}

/** Of the driver, what its types leave out. */
interface CopyConnection {
  sendCopyFromChunk(chunk: Buffer): void
  endCopyFrom(): void
}

/** What the driver calls of a query that is none of its own. */
class Copy implements Submittable {
  constructor(
    private readonly sql: string,
    private readonly text: Buffer,
    private readonly resolve: () => void,
    private readonly reject: (error: Error) => void,
  ) {}

  submit(connection: Connection): void {
    connection.query(this.sql)
  }

  handleCopyInResponse(connection: CopyConnection): void {
    connection.sendCopyFromChunk(this.text)
    connection.endCopyFrom()
  }

  handleCommandComplete(): void {
    // How many rows: all, or there was an error.
  }

  handleReadyForQuery(): void {
    this.resolve()
  }

  handleError(error: Error): void {
    this.reject(error)
  }
}

function lineOf(row: readonly Cell[]): string {
  return `${row.map(cellOf).join('\t')}\n`
}

function cellOf(cell: Cell): string {
  if (cell === null) return '\\N'
  if (cell instanceof Date) return cell.toISOString()
  if (typeof cell !== 'string') return String(cell)
  if (cell.length < LONG) return escape(cell)
  const known = longOnes.get(cell)
  if (known !== undefined) return known
  const escaped = escape(cell)
  if (longOnes.size < MAX_LONG_ONES) longOnes.set(cell, escaped)
  return escaped
}

function escape(text: string): string {
  return SPECIAL.test(text) ? text.replace(ESCAPED, (sign) => ESCAPES[sign] ?? sign) : text
}
