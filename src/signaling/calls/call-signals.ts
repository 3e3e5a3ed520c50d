import { Injectable, type OnModuleInit } from '@nestjs/common'

import { Logger } from '../../common/logger.js'
import { BusAwayError } from '../../instances/bus.js'
import { Instances } from '../../instances/instances.js'
import type { MessageOf } from '../../instances/messages.js'
import type { Client } from '../client.js'
import type { Ref } from '../protocol/frames.js'
import type { Call } from './call.js'
import { CallConfirmations } from './call-confirmations.js'
import { CallDeliveries } from './call-deliveries.js'
import type { Member } from './call-roster.js'
import { HeldCalls } from './held-calls.js'
import { type Missed, report } from './missed.js'

/**
 * Brings what a member says to all others of its call, and tells it once what became of that. Members here
 * get it at once; the other instances are told all together, by one message to the place of the call, and
 * each confirms to whom it handed it.
 */
@Injectable()
export class CallSignals implements OnModuleInit {
  constructor(
    private readonly held: HeldCalls,
    private readonly instances: Instances,
    private readonly deliveries: CallDeliveries,
    private readonly confirmations: CallConfirmations,
    private readonly logger: Logger,
  ) {}

  onModuleInit(): void {
    this.instances.on('call_signal', (signal, from, payload) => this.hand(signal, from, payload))
  }

  /** Synchronous where all members are connected to this instance. */
  send(call: Call, client: Client, member: Member, payloadText: string, ref: Ref | null): void {
    call.usedAt = performance.now()
    const sender = { ...client.connection.actor.node, nodeId: member.nodeId }
    const missedHere = this.deliveries.hand(call, sender, payloadText)
    const holders = call.holdersElsewhere
    if (holders.length === 0) {
      report(client, ref, missedHere)
      return
    }
    const { roster } = call
    const elsewhere = new Map(holders.map((holder) => [holder, roster.membersAt(holder)]))
    client.connection.unanswered++
    const settle = (missed: readonly Missed[], unanswered: readonly string[]): void => {
      client.connection.unanswered--
      const unknown = unanswered.flatMap((holder) => elsewhere.get(holder) ?? [])
      const failed = unknown.map(({ nodeId }) => ({ nodeId, code: 'relay_failed' as const }))
      report(client, ref, [...missedHere, ...missed, ...failed])
    }
    if (!this.instances.isUp || this.confirmations.isFull) {
      settle([], holders)
      return
    }
    const n = this.confirmations.expect(call.id, holders, settle)
    const since = call.memberOf(client.connection) ? member.since : null
    this.instances
      .toPlace(call.place, { kind: 'call_signal', n, call: call.id, sender, since }, payloadText)
      .catch((error: unknown) => {
        if (!(error instanceof BusAwayError)) this.logger.error(error)
        this.confirmations.fail(n)
      })
  }

  /** A member of another instance says something. */
  private hand(signal: MessageOf<'call_signal'>, from: string, payload: Buffer): void {
    if (from === this.instances.id) return
    const { n, sender, since } = signal
    const call = this.held.get(signal.call)
    if (!call) {
      this.confirmations.confirm(from, n, [])
      return
    }
    call.usedAt = performance.now()
    if (since !== null) this.introduce(call, from, { nodeId: sender.nodeId, since })
    this.confirmations.confirm(from, n, this.deliveries.hand(call, sender, payload.toString()))
  }

  /** If it was lost on the way that this one joined: nobody is to hear a stranger. */
  private introduce(call: Call, holder: string, { nodeId, since }: Member): void {
    const members = call.roster.membersAt(holder)
    if (members.some((member) => member.nodeId === nodeId && member.since === since)) return
    const others = members.filter((member) => member.nodeId !== nodeId)
    call.hear(holder, [...others, { nodeId, since }])
  }
}
