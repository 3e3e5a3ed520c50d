import type { Logger } from '../common/logger.js'
import type { Database } from '../database/database.js'
import { Bus, BusAwayError, type Place } from './bus.js'
import { NotificationReader, notificationsOf } from './notifications.js'
import { PostgresLine } from './postgres-line.js'
import { PostgresPlaces } from './postgres-places.js'

/** Bytes that may wait for Postgres to take them. */
const MAX_QUEUED_BYTES = 16 * 1_048_576
/** Of one statement, so that the first of many is on its way soon. */
const MAX_BATCH_BYTES = 1_048_576

interface Outgoing {
  /** Null: it goes to `channel`. */
  readonly place: Place | null
  readonly channel: string | null
  readonly bytes: Buffer
  readonly done: (isAnybodyThere: boolean) => void
  readonly failed: (error: BusAwayError) => void
}

/**
 * The bus over LISTEN and NOTIFY, on one connection beside the pool, so that no request's query holds a
 * message up. Who has taken a place stands in the unlogged table `places`; one statement looks it up and
 * notifies. One statement is under way at a time, and what comes meanwhile goes together in the next.
 *
 * What it gives up, compared with Redis: a message costs Postgres a transaction's end, shared with
 * those that go along; the places of an instance that was killed stay until it is swept (5 s).
 */
export class PostgresBus extends Bus {
  isUp = false
  readonly keepsOrder = true

  private readonly line: PostgresLine
  private readonly places: PostgresPlaces
  private readonly reader = new NotificationReader()
  private isWorking = false
  private outgoing: Outgoing[] = []
  private queuedBytes = 0
  private sent = 0
  private listener: (bytes: Buffer) => void = () => undefined
  private upListener: (stamp: number) => void = () => undefined

  constructor(
    database: Database,
    private readonly logger: Logger,
  ) {
    super()
    this.line = new PostgresLine(this.id, database, logger, {
      onOpen: () => this.resume(),
      onLost: () => this.stop(),
      onNotification: (backend, payload) => {
        const bytes = this.reader.read(backend, payload)
        if (bytes) this.listener(bytes)
      },
    })
    this.places = new PostgresPlaces(this.id, this.line)
  }

  open(): void {
    this.line.open()
  }

  onMessage(listener: (bytes: Buffer) => void): void {
    this.listener = listener
  }

  onUp(listener: (stamp: number) => void): void {
    this.upListener = listener
  }

  take(places: readonly Place[]): Promise<number> {
    this.places.hold(places)
    if (!this.isUp) return Promise.reject(new BusAwayError())
    const stamp = this.places.stamp()
    this.work()
    return stamp
  }

  leave(place: Place): void {
    this.places.release(place)
    this.work()
  }

  toPlace(place: Place, bytes: Buffer): Promise<boolean> {
    return this.send(place, null, bytes)
  }

  toInstance(instance: string, bytes: Buffer): Promise<boolean> {
    return this.send(null, `hub_${instance}`, bytes)
  }

  async toAll(bytes: Buffer): Promise<void> {
    await this.send(null, 'hub_all', bytes)
  }

  /** Index: places_pkey. */
  async taken(places: readonly Place[]): Promise<boolean[]> {
    if (!this.isUp) throw new BusAwayError()
    const rows = await this.line.query<{ place: string }>(
      'SELECT DISTINCT place FROM places WHERE place = ANY ($1)',
      [places],
    )
    const found = new Set(rows.map(({ place }) => place))
    return places.map((place) => found.has(place))
  }

  /** Each has a lock alone while its line lives: then nobody else can share it. Those who ask at once can. */
  async listening(instances: readonly string[]): Promise<boolean[]> {
    if (!this.isUp) throw new BusAwayError()
    const rows = await this.line.query<{ isThere: boolean }>(
      `SELECT id = $2 OR NOT pg_try_advisory_xact_lock_shared(hashtextextended(id, 0)) AS "isThere"
         FROM unnest($1::text[]) WITH ORDINALITY AS asked (id, position) ORDER BY position`,
      [instances, this.id],
    )
    return rows.map(({ isThere }) => isThere)
  }

  async close(): Promise<void> {
    this.stop()
    await this.line.close('DELETE FROM places WHERE instance = $1')
  }

  private async resume(): Promise<void> {
    const stamp = await this.places.writeAll()
    this.isUp = true
    this.work()
    this.upListener(stamp)
  }

  private stop(): void {
    this.isUp = false
    this.queuedBytes = 0
    this.places.forsake()
    const error = new BusAwayError()
    for (const { failed } of this.outgoing.splice(0)) failed(error)
  }

  private send(place: Place | null, channel: string | null, bytes: Buffer): Promise<boolean> {
    return new Promise((done, failed: (error: BusAwayError) => void) => {
      if (!this.isUp || this.queuedBytes + bytes.length > MAX_QUEUED_BYTES) {
        failed(new BusAwayError())
        return
      }
      this.queuedBytes += bytes.length
      this.outgoing.push({ place, channel, bytes, done, failed })
      this.work()
    })
  }

  private get hasWork(): boolean {
    return this.isUp && (this.places.hasWork || this.outgoing.length > 0)
  }

  private work(): void {
    if (this.isWorking || !this.hasWork) return
    this.isWorking = true
    this.workOff()
      .catch((error: unknown) => {
        // Else the line was lost; everybody who waited has been told.
        if (!(error instanceof BusAwayError)) this.logger.error(error)
      })
      .finally(() => {
        this.isWorking = false
        this.work()
      })
      .catch((error: unknown) => this.logger.error(error))
  }

  private async workOff(): Promise<void> {
    while (this.hasWork) {
      if (this.places.hasWork) await this.places.writeChanged()
      if (this.outgoing.length > 0) await this.sendSome()
    }
  }

  private async sendSome(): Promise<void> {
    const batch = this.nextBatch()
    const rows = batch.flatMap(({ place, channel, bytes }, index) =>
      notificationsOf(++this.sent, bytes).map((payload) => ({ index, place, channel, payload })),
    )
    try {
      const reached = await this.line.query<{ n: number }>(
        NOTIFY,
        [
          rows.map(({ index }) => index),
          rows.map(({ place }) => place),
          rows.map(({ channel }) => channel),
          rows.map(({ payload }) => payload),
        ],
        'notify',
      )
      const indexes = new Set(reached.map(({ n }) => n))
      for (const [index, { done }] of batch.entries()) done(indexes.has(index))
    } catch (cause) {
      const error = new BusAwayError(true, { cause })
      for (const { failed } of batch) failed(error)
      throw error
    }
  }

  private nextBatch(): Outgoing[] {
    let bytes = 0
    let count = 0
    for (const each of this.outgoing) {
      if (count > 0 && bytes + each.bytes.length > MAX_BATCH_BYTES) break
      bytes += each.bytes.length
      count++
    }
    this.queuedBytes -= bytes
    return this.outgoing.splice(0, count)
  }
}

/**
 * The order of the rows is the order of the notifications, hence the subquery that is sorted first.
 * Index: places_pkey.
 */
const NOTIFY = `
  SELECT n, pg_notify(channel, payload)
    FROM (SELECT m.n, m.payload, coalesce(m.channel, 'hub_' || p.instance) AS channel
            FROM unnest($1::int[], $2::text[], $3::text[], $4::text[])
                 WITH ORDINALITY AS m (n, place, channel, payload, position)
            LEFT JOIN places p ON p.place = m.place
           WHERE m.channel IS NOT NULL OR p.instance IS NOT NULL
           ORDER BY m.position
          OFFSET 0) AS sorted`
