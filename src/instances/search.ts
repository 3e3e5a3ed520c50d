import { Rounds } from '../common/rounds.js'
import type { Bus, Place } from './bus.js'

/**
 * Makes sure that nobody is at a place where a message has found nobody: an instance that the carrier has
 * just lost is back in a moment, with all that it holds.
 */
export class Search {
  private readonly rounds = new Rounds<Place, boolean | null>((places) => this.ask(places))

  constructor(
    private readonly bus: Bus,
    private readonly others: () => Iterable<string>,
  ) {}

  /** Null: that cannot be known just now. @throws BusAwayError */
  isTaken(place: Place): Promise<boolean | null> {
    return this.rounds.ask(place)
  }

  /** In this order: whoever listens has taken all its places before. */
  private async ask(places: readonly Place[]): Promise<(boolean | null)[]> {
    const areListening = await this.bus.listening([...this.others()])
    return areListening.every(Boolean) ? this.bus.taken(places) : places.map(() => null)
  }
}
