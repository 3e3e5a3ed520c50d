import { randomBytes } from 'node:crypto'

/**
 * Where a node or a call is found: a keyed hash of its id (`Instances.place`), so that neither Redis
 * nor Postgres sees the id.
 */
export type Place = string

/** The carrier between instances is away. Nothing is queued until it is back. */
export class BusAwayError extends Error {
  /** @param mayHaveArrived  it was on its way when the carrier was lost */
  constructor(
    readonly mayHaveArrived = false,
    options?: ErrorOptions,
  ) {
    super('the carrier between instances is away', options)
    this.name = 'BusAwayError'
  }
}

/** For what needs no mending when the carrier is away, as all of it is said when that is back. */
export function unlessAway(error: unknown): void {
  if (!(error instanceof BusAwayError)) throw error
}

/**
 * Port: carries sealed messages between the instances of one hub.
 *
 * A message arrives at most once, and nothing tells of one that is lost on the way: whoever needs to
 * know waits for an answer. While the carrier is away every call rejects with `BusAwayError` at once,
 * and a carrier that has said nothing for 1.5 s is away: what it held back is dropped.
 */
export abstract class Bus {
  /** This instance: 16 hex characters, new at each start. */
  readonly id = randomBytes(8).toString('hex')

  abstract readonly isUp: boolean

  /**
   * All that one instance sends arrives at another in the order it was sent, to wherever it was sent; and all
   * hear what comes before a message and what comes after it in the same way. Else that is so for one place.
   */
  abstract readonly keepsOrder: boolean

  /** Begins to connect, and goes on doing so until `close`. Does not wait. */
  abstract open(): void

  /** Messages to this instance, to all, and to places it has taken; its own, too. One listener. */
  abstract onMessage(listener: (bytes: Buffer) => void): void

  /**
   * The carrier is there, for the first time or again, and every place that was taken is. `stamp` is the
   * carrier's time (as from `take`) after that.
   */
  abstract onUp(listener: (stamp: number) => void): void

  /**
   * From now on messages to these places arrive here, too; also when this rejects, as soon as the
   * carrier is back. Several instances may take one place; one that takes it twice has it once.
   *
   * Resolves with the carrier's time in microseconds, read when messages already arrive: of two
   * takers of a place the one with the smaller stamp hears what the other then sends there. Stamps of
   * one instance for one place grow; two instances may, within a microsecond, get the same.
   */
  abstract take(places: readonly Place[]): Promise<number>

  /** Never rejects: while the carrier is away nobody is at the place anyway. */
  abstract leave(place: Place): void

  /**
   * False: nobody has taken the place. True says that somebody has, not that they got it. All who have
   * taken it hear what is sent there in one order, and what one instance sends in that order.
   */
  abstract toPlace(place: Place, bytes: Buffer): Promise<boolean>

  /** False: it does not listen just now, for certain. */
  abstract toInstance(instance: string, bytes: Buffer): Promise<boolean>

  /** All, this one included. */
  abstract toAll(bytes: Buffer): Promise<void>

  /** Which of the places are taken, by anybody. */
  abstract taken(places: readonly Place[]): Promise<boolean[]>

  /**
   * Which of the instances hear what is sent to them, and to all places that they have taken before; one
   * that was killed does not, at once.
   */
  abstract listening(instances: readonly string[]): Promise<boolean[]>

  /** Leaves everything. Nothing arrives or is sent any more. */
  abstract close(): Promise<void>
}
