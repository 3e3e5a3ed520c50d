import { BusAwayError, type Place } from './bus.js'
import type { PostgresLine } from './postgres-line.js'

interface Taker {
  readonly done: (stamp: number) => void
  readonly failed: (error: BusAwayError) => void
}

/** The places this instance has taken, and their rows in the table `places`. */
export class PostgresPlaces {
  private readonly held = new Set<Place>()
  /** Those whose row may not be as it should; kept while there is a line, as `writeAll` looks at all. */
  private readonly changed = new Set<Place>()
  private hasLine = false
  private takers: Taker[] = []
  private lastStamp = 0

  constructor(
    private readonly id: string,
    private readonly line: PostgresLine,
  ) {}

  get hasWork(): boolean {
    return this.changed.size + this.takers.length > 0
  }

  hold(places: readonly Place[]): void {
    for (const place of places) {
      this.held.add(place)
      if (this.hasLine) this.changed.add(place)
    }
  }

  release(place: Place): void {
    if (this.held.delete(place) && this.hasLine) this.changed.add(place)
  }

  /** Resolves with a stamp when the rows of what is held now are there. @throws BusAwayError */
  stamp(): Promise<number> {
    return new Promise((done, failed: (error: BusAwayError) => void) => {
      this.takers.push({ done, failed })
    })
  }

  /** Makes all rows of this instance as they should be, whatever was missed; resolves with a stamp. */
  async writeAll(): Promise<number> {
    this.hasLine = true
    const places = [...this.held]
    await this.line.query(
      `DELETE FROM places p WHERE p.instance = $1
          AND NOT EXISTS (SELECT FROM unnest($2::text[]) AS held (place) WHERE held.place = p.place)`,
      [this.id, places],
    )
    await this.insert(places)
    return this.readStamp()
  }

  /** A place that was left and taken again at once is a place that is held. @throws BusAwayError */
  async writeChanged(): Promise<void> {
    const places = [...this.changed]
    const takers = this.takers
    this.changed.clear()
    this.takers = []
    try {
      await this.remove(places.filter((place) => !this.held.has(place)))
      await this.insert(places.filter((place) => this.held.has(place)))
      if (takers.length > 0) await this.readStamp()
      for (const { done } of takers) done(this.lastStamp++)
    } catch (cause) {
      const error = new BusAwayError(true, { cause })
      for (const { failed } of takers) failed(error)
      throw error
    }
  }

  /** The line is lost: what is held is written down when there is one again. */
  forsake(): void {
    this.hasLine = false
    this.changed.clear()
    const error = new BusAwayError()
    for (const { failed } of this.takers.splice(0)) failed(error)
  }

  /** Index: places_pkey. */
  private async remove(places: readonly Place[]): Promise<void> {
    if (places.length === 0) return
    await this.line.query('DELETE FROM places WHERE place = ANY ($1) AND instance = $2', [
      places,
      this.id,
    ])
  }

  private async insert(places: readonly Place[]): Promise<void> {
    if (places.length === 0) return
    await this.line.query(
      `INSERT INTO places (place, instance) SELECT place, $2 FROM unnest($1::text[]) AS held (place)
       ON CONFLICT DO NOTHING`,
      [places, this.id],
    )
  }

  /** By Postgres' clock, after the rows can be seen; later than the last even if it was set back. */
  private async readStamp(): Promise<number> {
    const [row] = await this.line.query<{ stamp: number }>(
      'SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS stamp',
    )
    this.lastStamp = Math.max(this.lastStamp + 1, row?.stamp ?? 0)
    return this.lastStamp
  }
}
