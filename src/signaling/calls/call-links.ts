import { Injectable, type OnModuleInit } from '@nestjs/common'

import { Logger } from '../../common/logger.js'
import { BusAwayError, unlessAway } from '../../instances/bus.js'
import { Instances } from '../../instances/instances.js'
import type { Message, MessageOf } from '../../instances/messages.js'
import type { Call } from './call.js'
import { CallConfirmations } from './call-confirmations.js'
import { Gathering } from './gathering.js'
import { HeldCalls } from './held-calls.js'

/** How often an instance says who its members of a call are, though nothing has changed. */
const TELL_MS = 30_000
const SPREAD_MS = 10_000
/** An instance that has not said so for that long has no members: its last word was lost. */
const UNHEARD_MS = 75_000
/** The same after the carrier was away: all were asked. */
const UNHEARD_AFTER_ASKING_MS = 5_000
/** How often the end of a call is told again to an instance that does not confirm it: for a minute. */
const MAX_TELLINGS = 30

/**
 * The calls of this instance and the same calls of others. Each instance with members of a call takes its
 * place and tells the place who they are, all of them, whenever that changes: what is lost on the way is
 * made good by the next. Rosters are in memory only, here and there.
 */
@Injectable()
export class CallLinks implements OnModuleInit {
  private readonly gatherings = new Map<Call, Gathering>()

  constructor(
    private readonly held: HeldCalls,
    private readonly instances: Instances,
    private readonly confirmations: CallConfirmations,
    private readonly logger: Logger,
  ) {}

  onModuleInit(): void {
    const { instances } = this
    instances.on('call_members', (message, from) => this.hear(message, from))
    instances.on('call_closed', (message, from) => this.hearClosed(message, from))
    instances.onGone((instance) => this.lose(instance))
    instances.onUp(() => this.meetAgain())
  }

  /** None of the others can be told anything of this call just now. */
  isCutOff(call: Call): boolean {
    return call.holdersElsewhere.length > 0 && !this.instances.isUp
  }

  /**
   * Takes the place of a new call. What comes for it meanwhile is to wait (`call.waiting`) until it is
   * known who is in it elsewhere: the carrier is asked, and those who hold it; for a second at most.
   *
   * @param isKnown somebody may have made it before
   */
  open(call: Call, isKnown: boolean): void {
    if (this.instances.isAlone) {
      this.say(this.instances.take(call.place))
      return
    }
    call.waiting = []
    this.find(call, isKnown)
      .catch((error: unknown) => this.logger.error(error))
      .finally(() => {
        const waiting = call.waiting ?? []
        call.waiting = null
        for (const go of waiting) go()
        this.dropDeserted(call)
      })
      .catch((error: unknown) => this.logger.error(error))
  }

  /** Tells the others who of this instance is in it now, and asks them the same the first time. */
  tell(call: Call, asks = call.toldAt === 0): void {
    // Calls of one moment, those after an outage, are not told again all at once.
    call.toldAt = performance.now() - Math.random() * SPREAD_MS
    this.sayToPlace(call, {
      kind: 'call_members',
      call: call.id,
      members: call.membersHere(),
      holders: call.roster.holders,
      asks,
    })
  }

  /** Ends it for all its members, wherever they are. */
  close(call: Call): void {
    const holders = call.holdersElsewhere
    const until = call.roster.latest
    if (holders.length > 0) this.tellClosed(call, until, holders)
    this.held.end(call, until)
    // For one that was about to join elsewhere, and had asked.
    this.tell(call)
    this.dropDeserted(call)
  }

  dropDeserted(call: Call): void {
    if (!call.isDeserted || !this.held.drop(call)) return
    this.instances.leave(call.place)
  }

  /** Once a second or so, for each call: says again who is here, forgets who is silent. */
  tend(call: Call): void {
    if (this.instances.isAlone || !this.instances.isUp || call.waiting) return
    const now = performance.now()
    call.forgetUnheardSince(now - UNHEARD_MS)
    if (now - call.toldAt >= TELL_MS) this.tell(call)
  }

  private async find(call: Call, isKnown: boolean): Promise<void> {
    let isTaken = false
    try {
      if (isKnown) [isTaken = false] = await this.instances.taken([call.place])
    } catch (error) {
      if (!(error instanceof BusAwayError)) throw error
    }
    const stamp = await this.instances.take(call.place)
    // Without the carrier a call begins with who is here; when it is back, all holders meet (`onUp`).
    if (stamp === null || !isTaken) return
    const gathering = new Gathering(this.instances.id)
    this.gatherings.set(call, gathering)
    this.tell(call, true)
    await gathering.done
    this.gatherings.delete(call)
  }

  private hear(message: MessageOf<'call_members'>, from: string): void {
    const call = this.held.get(message.call)
    if (!call || from === this.instances.id) return
    this.setMembers(call, from, message.members)
    this.gatherings.get(call)?.hear(from, message.holders)
    if (message.asks) this.tell(call)
  }

  /** As many steps as there are calls and signals under way, not one for each of both. */
  private lose(instance: string): void {
    for (const call of [...this.held.all()]) {
      if (call.roster.membersAt(instance).length > 0) call.hear(instance, [])
    }
    this.confirmations.forget(instance)
  }

  private setMembers(call: Call, holder: string, members: MessageOf<'call_members'>['members']) {
    call.hear(holder, members)
    if (members.length === 0) this.confirmations.excuse(call.id, holder)
  }

  private hearClosed({ n, call: callId, until }: MessageOf<'call_closed'>, from: string): void {
    if (from === this.instances.id) return
    this.confirmations.confirm(from, n, [])
    const call = this.held.get(callId)
    if (!call) return
    this.held.end(call, until)
    // Also for those who hear what this instance said before only after they have heard of the end.
    this.tell(call)
    this.dropDeserted(call)
  }

  /** @param unaware instances that have not confirmed it */
  private tellClosed(call: Call, until: number, unaware: readonly string[], telling = 1): void {
    const n = this.confirmations.expect(call.id, unaware, (_missed, unanswered) => {
      const alive = unanswered.filter((instance) => this.instances.others.has(instance))
      if (alive.length > 0 && telling < MAX_TELLINGS) {
        this.tellClosed(call, until, alive, telling + 1)
      }
    })
    const message = { kind: 'call_closed' as const, n, call: call.id, until }
    if (telling === 1) this.sayToPlace(call, message)
    else for (const instance of unaware) this.say(this.instances.toInstance(instance, message))
  }

  /** Messages may have been missed, or the others heard none before. */
  private meetAgain(): void {
    const limit = performance.now() - UNHEARD_MS + UNHEARD_AFTER_ASKING_MS
    for (const call of this.held.all()) {
      call.doubtAll(limit)
      this.tell(call, true)
    }
  }

  private sayToPlace(call: Call, message: Message): void {
    this.say(this.instances.toPlace(call.place, message))
  }

  /** What is lost is made good by what is said next. */
  private say(sent: Promise<unknown>): void {
    sent.catch(unlessAway).catch((error: unknown) => this.logger.error(error))
  }
}
