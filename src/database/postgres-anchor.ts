import { Socket } from 'node:net'

import { Client, DatabaseError } from 'pg'

const NAME = 'dpc-hub anchor'
const CONNECT_TIMEOUT_MS = 5_000

/** SQLSTATEs with the meaning that matters here. */
const INVALID_PASSWORD = '28P01'
const NO_SUCH_DATABASE = '3D000'
const NOT_ACCEPTING = ['57P01', '57P02', '57P03']

export interface OtherClients {
  /** Processes that have the same Postgres open. */
  readonly anchors: number
  /** Connections of any kind, anchors included. */
  readonly all: number
}

/**
 * One idle connection for as long as a process has Postgres open: by it the others see, before they
 * stop the server, that somebody still wants it. It keeps no process alive.
 */
export class Anchor {
  readonly url: string

  private constructor(
    readonly port: number,
    private readonly password: string,
    private line: AnchorLine,
  ) {
    this.url = `postgres://hub:${password}@127.0.0.1:${port}/hub`
  }

  /**
   * Resolves with null while the server accepts no connection.
   *
   * @throws Error when it does, but not for us
   */
  static async open(port: number, password: string): Promise<Anchor | null> {
    try {
      const line = await connect(port, password, 'hub')
      line.socket.unref()
      return new Anchor(port, password, line)
    } catch (error) {
      const code = sqlStateOf(error)
      if (code === null || NOT_ACCEPTING.includes(code)) return null
      if (code === NO_SUCH_DATABASE) return Anchor.createDatabase(port, password)
      if (code !== INVALID_PASSWORD) throw error
      throw new Error(
        'the Postgres under DATA_DIR refuses the password in postgres-password: bring back the one ' +
          'it was made with, or move postgres and postgres-password away to begin anew',
        { cause: error },
      )
    }
  }

  async countOthers(): Promise<OtherClients> {
    try {
      if (this.line.isLost) this.line = await connect(this.port, this.password, 'hub')
      this.line.socket.ref()
      const { rows } = await this.line.client.query<OtherClients>(
        `SELECT count(*)::int AS "all",
                (count(*) FILTER (WHERE application_name = $1))::int AS anchors
           FROM pg_stat_activity
          WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()`,
        [NAME],
      )
      return rows[0] ?? { all: 0, anchors: 0 }
    } catch {
      return { all: 0, anchors: 0 } // the server is gone, and its clients with it
    }
  }

  async close(): Promise<void> {
    this.line.socket.ref()
    await this.line.client.end().catch(() => undefined)
  }

  private static async createDatabase(port: number, password: string): Promise<Anchor | null> {
    const { client } = await connect(port, password, 'postgres')
    await client.query('CREATE DATABASE hub')
    await client.end()
    return Anchor.open(port, password)
  }
}

interface AnchorLine {
  readonly client: Client
  readonly socket: Socket
  readonly isLost: boolean
}

async function connect(port: number, password: string, database: string): Promise<AnchorLine> {
  const socket = new Socket()
  const client = new Client({
    ...{ host: '127.0.0.1', port, user: 'hub', password, database, ssl: false },
    application_name: NAME,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    stream: () => socket,
  })
  let isLost = false
  client.on('error', () => (isLost = true))
  client.on('end', () => (isLost = true))
  await client.connect()
  return {
    client,
    socket,
    get isLost() {
      return isLost
    },
  }
}

/** Null for a fault below SQL: refused, reset, timed out. */
function sqlStateOf(error: unknown): string | null {
  return error instanceof DatabaseError ? (error.code ?? null) : null
}
