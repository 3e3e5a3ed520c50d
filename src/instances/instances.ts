import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common'

import { Clock } from '../common/clock.js'
import { Logger } from '../common/logger.js'
import { Rounds } from '../common/rounds.js'
import { DataKey } from '../database/data-key.js'
import { Database } from '../database/database.js'
import { Acquaintances } from './acquaintances.js'
import { Bus, BusAwayError, type Place, unlessAway } from './bus.js'
import { CarrierReport } from './carrier-report.js'
import { Correspondence, type Handler } from './correspondence.js'
import { TO_ALL } from './envelope.js'
import { HeldPlaces } from './held-places.js'
import { Membership } from './membership.js'
import type { Kind, Message } from './messages.js'
import { PlaceNames } from './place-names.js'
import { Search } from './search.js'
import { Sleep } from './sleep.js'

const BEAT_MS = 1_000
/** An instance that runs and is not heard for so long uses another carrier. */
const UNHEARD_MS = 10_000

/**
 * The processes of this hub, and what they say to each other.
 *
 * While this instance is alone, nothing here touches the carrier: nobody is anywhere else, and places
 * are only remembered. Messages are sealed, arrive at most once, and none arrives that is older than
 * 1.5 s: whoever waits 2 s for an answer may call a message lost.
 */
@Injectable()
export class Instances implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly places: PlaceNames
  private readonly held = new HeldPlaces()
  private readonly joinedListeners: ((instance: string) => void)[] = []
  private readonly goneListeners: ((instance: string) => void)[] = []
  private readonly upListeners: ((stamp: number) => unknown)[] = []
  private readonly correspondence: Correspondence
  private readonly membership: Membership
  private timer: NodeJS.Timeout | undefined
  /** What is here can be found: settled anew whenever this instance is alone no longer. */
  private reached: Promise<void> = Promise.resolve()
  private readonly acquaintances = new Acquaintances()
  private readonly search: Search
  private readonly lookUps: Rounds<Place, boolean>
  private readonly report: CarrierReport
  private readonly sleep: Sleep

  constructor(
    private readonly bus: Bus,
    dataKey: DataKey,
    private readonly logger: Logger,
    clock: Clock,
    database: Database,
  ) {
    this.places = new PlaceNames(dataKey)
    this.report = new CarrierReport(logger)
    this.sleep = new Sleep(clock)
    this.correspondence = new Correspondence(dataKey, bus.id, {
      isMember: (instance) => this.membership.isMember(instance),
      hears: (place) => this.held.hears(place),
      introduce: (instance, hear) =>
        this.say(this.membership.look(instance).then((isMember) => isMember && hear())),
    })
    this.membership = new Membership(bus.id, database, logger, {
      onMet: (instance) => this.say(this.welcome(instance)),
      onParted: (instance) => {
        this.acquaintances.forget(instance)
        this.correspondence.forget(instance)
        for (const listener of this.goneListeners) listener(instance)
      },
      onRevived: () => this.isAlone || this.say(this.comeBack()),
    })
    this.lookUps = new Rounds((places) => bus.taken(places))
    this.search = new Search(bus, () => this.others)
    bus.onMessage((bytes) => this.receive(bytes))
    bus.onUp((stamp) => this.carrierIsUp(stamp))
    this.on('beat', (_message, from) => this.membership.hear(from))
    this.on('hello', (_message, from) => {
      this.correspondence.forget(from)
      this.acquaintances.hear(from)
      this.say(this.greet(from))
    })
    this.on('seen', (_message, from) => this.acquaintances.see(from))
    this.on('bye', (_message, from) => this.membership.part(from))
  }

  /** New at each start: 16 hex characters. */
  get id(): string {
    return this.bus.id
  }

  /** Those that run besides this one, as far as is known. */
  get others(): ReadonlySet<string> {
    return this.membership.others
  }

  get isAlone(): boolean {
    return this.others.size === 0
  }

  /** False: the carrier is away, and whatever is sent rejects at once. Of no meaning while alone. */
  get isUp(): boolean {
    return this.bus.isUp
  }

  /** What this instance sends to a place and to another instance arrives there in that order. */
  get keepsOrder(): boolean {
    return this.bus.keepsOrder
  }

  /** Where a node (by its short id) or a call is found. */
  place(kind: 'node' | 'call', id: string): Place {
    return this.places.of(kind, id)
  }

  /**
   * Messages to the place arrive here until it is left as often as it was taken.
   *
   * Resolves with a stamp that orders those who take one place: the earlier hears what the
   * later sends there. Null: this instance is alone, or the carrier away. The place is taken as soon
   * as that changes, and the stamp comes with `onUp`.
   */
  async take(place: Place): Promise<number | null> {
    this.held.take(place)
    if (this.isAlone) return null
    try {
      return await this.bus.take([place])
    } catch (error) {
      if (error instanceof BusAwayError) return null
      throw error
    }
  }

  leave(place: Place): void {
    if (this.held.leave(place)) this.bus.leave(place)
  }

  /** Which of the places are taken, here or elsewhere. @throws BusAwayError */
  async taken(places: readonly Place[]): Promise<boolean[]> {
    if (this.isAlone) return places.map((place) => this.held.has(place))
    return Promise.all(places.map((place) => this.lookUps.ask(place)))
  }

  /**
   * False: nobody has taken the place, for certain. It may be this instance that has, and hears it then. All
   * who have taken it hear what is sent there in one order.
   *
   * @throws BusAwayError  also if nobody is found there while another instance is cut off from the carrier
   */
  async toPlace(place: Place, message: Message, body: string | Buffer = ''): Promise<boolean> {
    if (this.isAlone) return false
    const isTaken = await this.bus.toPlace(place, this.correspondence.seal(message, body, place))
    if (isTaken) return true
    const isTakenNow =
      this.sleep.isOn || this.acquaintances.isSomebodyAbsent || (await this.search.isTaken(place))
    // Whoever is there now has not heard it.
    if (isTakenNow !== false) throw new BusAwayError()
    return false
  }

  /** False: it does not listen just now, for certain. @throws BusAwayError */
  toInstance(instance: string, message: Message, body: string | Buffer = ''): Promise<boolean> {
    return this.bus.toInstance(instance, this.correspondence.seal(message, body, instance))
  }

  /** To all but this one. @throws BusAwayError */
  async toAll(message: Message, body: string | Buffer = ''): Promise<void> {
    if (!this.isAlone) await this.bus.toAll(this.correspondence.seal(message, body, TO_ALL))
  }

  /** To all but this one, if it can be told now: for what they find in Postgres, too. */
  tellAll(message: Message): void {
    this.say(this.toAll(message))
  }

  /** To one, if it can be told now. */
  tell(instance: string, message: Message): void {
    this.say(this.toInstance(instance, message))
  }

  /** Register before the hub listens: in a constructor or in `onModuleInit`. */
  on<K extends Kind>(kind: K, handler: Handler<K>): void {
    this.correspondence.on(kind, handler)
  }

  /** Another instance has come, or come back; what is held here it finds from now on. */
  onJoined(listener: (instance: string) => void): void {
    this.joinedListeners.push(listener)
  }

  /** Another instance has ended, or was not heard of for five seconds. */
  onGone(listener: (instance: string) => void): void {
    this.goneListeners.push(listener)
  }

  /**
   * The carrier is there after it was away, or is needed after this instance was alone, and all places
   * are taken. The stamp is for those that have none yet. Messages may have been missed. An instance that
   * starts waits until listeners that return a promise are done.
   */
  onUp(listener: (stamp: number) => unknown): void {
    this.upListeners.push(listener)
  }

  /** Waits for the others, if there are any: until then they do not find what is here. */
  async onApplicationBootstrap(): Promise<void> {
    this.bus.open()
    await this.membership.open()
    this.sleep.isOver()
    this.timer = setInterval(() => this.beat(), BEAT_MS)
    this.timer.unref()
    if (this.isAlone) return
    await this.acquaintances.untilSeen(
      () => this.isUp,
      () => this.whoListens(),
    )
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.timer)
    await this.membership.close()
    await this.toAll({ kind: 'bye' }).catch(unlessAway)
    await this.bus.close()
  }

  private beat(): void {
    if (this.sleep.isOver()) this.meetAnew()
    this.report.look(this.isUp || this.isAlone, this.membership.unheardFor(UNHEARD_MS))
    this.held.tidy()
    this.say(this.toAll({ kind: 'beat' }))
  }

  /** After it slept: others may take it for dead, and what it says for old. */
  private meetAnew(): void {
    this.membership.listenAnew()
    this.acquaintances.carrierIsUp(this.others)
    for (const instance of this.others) this.correspondence.forget(instance)
    this.say(this.toAll({ kind: 'hello' }))
  }

  private receive(bytes: Buffer): void {
    try {
      this.correspondence.receive(bytes)
    } catch (error) {
      this.logger.error(error)
    }
  }

  private async welcome(instance: string): Promise<void> {
    if (this.others.size === 1) this.reached = this.reach()
    await this.reached
    for (const listener of this.joinedListeners) listener(instance)
    this.say(this.greet(instance))
  }

  /** Not before it finds on the carrier what is here. */
  private async greet(instance: string): Promise<void> {
    await this.reached
    await this.toInstance(instance, { kind: 'seen' })
  }

  /** Takes on the carrier all that is held. A carrier that is away does so itself when it is back. */
  private async reach(): Promise<void> {
    await this.bus
      .take(this.held.all())
      .then((stamp) => this.tellUp(stamp))
      .catch(unlessAway)
  }

  /** The others know this instance no longer: they read the table at once. */
  private async comeBack(): Promise<void> {
    await this.toAll({ kind: 'hello' })
    await this.reach()
  }

  private carrierIsUp(stamp: number): void {
    this.membership.listenAnew()
    this.acquaintances.carrierIsUp(this.others)
    if (this.isAlone) return
    this.say(this.toAll({ kind: 'hello' }))
    this.say(this.tellUp(stamp).then(() => this.toAll({ kind: 'seen' })))
  }

  private async tellUp(stamp: number): Promise<void> {
    await Promise.all(this.upListeners.map((listener) => Promise.resolve(listener(stamp))))
  }

  private async whoListens(): Promise<readonly string[]> {
    const others = [...this.others]
    const areListening = await this.bus.listening(others)
    return others.filter((_, index) => areListening[index])
  }

  /** For what nobody waits for. */
  private say(sent: Promise<unknown>): void {
    sent.catch(unlessAway).catch((error: unknown) => this.logger.error(error))
  }
}
