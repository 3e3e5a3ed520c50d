import { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

import type { Client, QueryResultRow } from 'pg'

import type { Logger } from '../common/logger.js'
import type { Database } from '../database/database.js'
import { BusAwayError } from './bus.js'
import { pauseBefore } from '../common/retry.js'
import { Watchdog } from '../common/watchdog.js'
import { politely } from '../common/within.js'

/** How long a notification sent through the pool may take to arrive. */
const PROBE_MS = 1_500
const PROBE = '?'
/** What keeps notifications from arriving is a setting: it does not mend itself within seconds. */
const AFTER_FAILED_PROBE_MS = 30_000
/** Milliseconds that the goodbye to Postgres may take. */
const GOODBYE_MS = 500

/** By it the line of an instance is known to Postgres. */
export function lineName(instance: string): string {
  return `dpc-federation-hub ${instance}`
}

export interface LineEvents {
  /** Connected and listening. What it asks on the line comes before anybody else's queries. */
  onOpen(): Promise<void>
  /** Gone, and with it whatever was under way. */
  onLost(): void
  onNotification(backend: number, payload: string): void
}

class NotificationsKeptBackError extends Error {
  constructor() {
    super(
      'DATABASE_URL: leads through something that keeps notifications back, such as a pooler of ' +
        'transactions, so this instance cannot work together with others; use a direct address, ' +
        'or set REDIS_URL',
    )
  }
}

/**
 * One connection to Postgres that listens to `hub_<id>` and `hub_all`: beside the pool, made again
 * whenever it is lost, and taken for lost when Postgres says nothing on it for 1.5 s. While it lives it
 * has a lock alone, named after the instance, by which others see that it does.
 */
export class PostgresLine {
  private client: Client | null = null
  private socket: Socket | null = null
  private isClosed = false
  private retry: NodeJS.Timeout | undefined
  private attempts = 0
  private queriesUnderWay = 0
  /** Settles when the last query has: pg will not queue them for ever. */
  private turn: Promise<unknown> = Promise.resolve()
  /** A notification has arrived that was sent on another connection. */
  private isProven = false
  private onProof: () => void = () => undefined
  private readonly name: string
  private readonly watchdog = new Watchdog(
    () => this.ask(),
    () => this.lose(this.client),
  )

  constructor(
    private readonly id: string,
    private readonly database: Database,
    private readonly logger: Logger,
    private readonly events: LineEvents,
  ) {
    this.name = lineName(id)
  }

  open(): void {
    const socket = new Socket()
    // It keeps no process alive: that is the business of those who serve.
    socket.unref()
    const client = this.database.connectionOfItsOwn(this.name, socket)
    this.socket = socket
    this.client = client
    this.turn = Promise.resolve()
    client.on('error', () => this.lose(client))
    client.on('end', () => this.lose(client))
    client.on('notification', ({ processId, payload = '' }) => this.hear(processId, payload))
    this.watchdog.start()
    this.begin(client).catch((error: unknown) => {
      if (error instanceof NotificationsKeptBackError) this.giveUpForNow(client, error)
      else this.lose(client)
    })
  }

  /**
   * @param name  of the prepared statement, for one that is used again and again
   * @throws BusAwayError  the line is not there, or was lost before the answer came
   */
  async query<Row extends QueryResultRow>(
    text: string,
    values: unknown[] = [],
    name = '',
  ): Promise<Row[]> {
    const { client } = this
    if (!client) throw new BusAwayError()
    this.queriesUnderWay++
    const answered = this.turn.then(async () => {
      if (this.client !== client) throw new BusAwayError()
      return client.query<Row>({ text, values, ...(name ? { name } : {}) })
    })
    this.turn = answered.catch(() => undefined)
    try {
      const { rows } = await answered
      this.watchdog.heard()
      return rows
    } catch (cause) {
      if (cause instanceof BusAwayError) throw cause
      this.lose(client)
      throw new BusAwayError(true, { cause })
    } finally {
      this.queriesUnderWay--
    }
  }

  /** @param lastWord  a statement about this instance, whose id is `$1`; said if that takes no time */
  async close(lastWord: string): Promise<void> {
    const { client, socket } = this
    this.isClosed = true
    this.client = null
    clearTimeout(this.retry)
    this.watchdog.stop()
    if (client) await politely(GOODBYE_MS, this.sayGoodbye(client, lastWord))
    socket?.destroy()
  }

  private async sayGoodbye(client: Client, lastWord: string): Promise<void> {
    await this.turn
    await client.query(lastWord, [this.id])
    // At once: the server may take a moment to notice that the connection has ended.
    await client.query('SELECT pg_advisory_unlock_all()')
    await client.end()
  }

  private async begin(client: Client): Promise<void> {
    this.queriesUnderWay = 1
    await client.connect()
    this.queriesUnderWay = 0
    this.watchdog.heard()
    // What a lost connection has left behind would go on listening in our name.
    await this.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE application_name = $1 AND pid <> pg_backend_pid() AND usename = current_user`,
      [this.name],
    )
    await this.query(`LISTEN "hub_${this.id}"`)
    await this.query('LISTEN hub_all')
    await this.prove()
    await this.events.onOpen()
    // Last: who sees this knows that all places are taken.
    await this.query('SELECT pg_advisory_lock(hashtextextended($1, 0))', [this.id])
    this.attempts = 0
  }

  /** Sends itself a notification through the pool: behind a pooler of transactions none arrives. */
  private async prove(): Promise<void> {
    if (this.isProven) return
    const proof = new Promise<void>((resolve) => (this.onProof = resolve))
    await this.database.reserved.rows('SELECT pg_notify($1, $2)', [`hub_${this.id}`, PROBE])
    await Promise.race([proof, delay(PROBE_MS, null, { ref: false })])
    if (!this.hasProof()) throw new NotificationsKeptBackError()
  }

  /** Not a property to TypeScript, which would believe what it was before. */
  private hasProof(): boolean {
    return this.isProven
  }

  private hear(backend: number, payload: string): void {
    this.watchdog.heard()
    if (payload === PROBE) {
      this.isProven = true
      this.onProof()
    } else {
      this.events.onNotification(backend, payload)
    }
  }

  private ask(): void {
    if (this.queriesUnderWay === 0) this.query('SELECT').catch(() => undefined)
  }

  private giveUpForNow(client: Client, error: NotificationsKeptBackError): void {
    this.logger.warn(error.message)
    this.lose(client, AFTER_FAILED_PROBE_MS)
  }

  private lose(client: Client | null, pauseMs = pauseBefore(this.attempts)): void {
    if (!client || this.client !== client) return
    this.client = null
    this.watchdog.stop()
    this.socket?.destroy()
    this.events.onLost()
    this.attempts++
    if (this.isClosed) return
    this.retry = setTimeout(() => this.open(), pauseMs)
    this.retry.unref()
  }
}
