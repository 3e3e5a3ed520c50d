import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common'

import { Clock } from '../../common/clock.js'
import type { Connection } from '../../routing/connection.js'
import { ConnectionRegistry } from '../../routing/connection-registry.js'
import { closeCodes } from '../../sockets/close-codes.js'
import type { Client } from '../client.js'
import { MAX_CALL_MEMBERS } from '../greetings.js'
import type { Frame, Ref } from '../protocol/frames.js'
import type { Call } from './call.js'
import { isCallId, newCallId } from './call-id.js'
import { CallLinks } from './call-links.js'
import type { Member } from './call-roster.js'
import { CallSignals } from './call-signals.js'
import { HeldCalls } from './held-calls.js'

/** Calls that one connection may be in, that those of an account here may hold, and one instance at most. */
const MAX_CALLS_OF_CONNECTION = 8
const MAX_CALLS_OF_ACCOUNT = 64
const MAX_CALLS = 10_000
/** A call that nobody joined, left or signalled for so long is closed. */
const IDLE_MS = 30 * 60_000
/** How often calls are looked through for such. */
const SWEEP_MS = 1_000

/** Calls of several nodes: answers the frames of their members. */
@Injectable()
export class Calls implements OnModuleInit, OnModuleDestroy {
  private timer: NodeJS.Timeout | null = null
  /** The calls that a connection has left because this instance stops: until its peer has read so, its signals count. */
  private readonly departed = new WeakMap<
    Connection,
    readonly { readonly call: Call; readonly member: Member }[]
  >()

  constructor(
    private readonly held: HeldCalls,
    private readonly links: CallLinks,
    private readonly signals: CallSignals,
    private readonly connections: ConnectionRegistry,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.connections.observe({ gone: (connection) => this.leaveAll(connection) })
    this.timer = setInterval(() => this.sweep(), SWEEP_MS)
    this.timer.unref()
  }

  onModuleDestroy(): void {
    if (this.timer) clearInterval(this.timer)
  }

  join(client: Client, frame: Frame & { type: 'join' }): void {
    const { callId, ref } = frame
    const { connection } = client
    // It may have ended while its frame waited.
    if (this.connections.get(connection.actor.node.shortId) !== connection) return
    if (callId !== null && !isCallId(callId)) {
      const message =
        'call_id is no 22 to 64 characters of A-Z a-z 0-9 _ -: make it of 128 random bits, or leave it out'
      client.refuse({ code: 'invalid_frame', message, ref })
      return
    }
    // Before the carrier is asked anything about it.
    if (!this.mayHold(client, callId, ref)) return
    const call = this.find(callId)
    if (!call) {
      client.refuse({ code: 'room_full', message: 'this hub holds no more calls now', ref })
    } else if (call.waiting) {
      this.held.expect(call, connection)
      call.waiting.push(() => {
        this.held.giveUp(call, connection)
        this.join(client, { ...frame, callId: call.id })
      })
    } else {
      this.enter(call, client, ref)
      this.links.dropDeserted(call)
    }
  }

  leave(client: Client, frame: Frame & { type: 'leave' }): void {
    const { callId, ref } = frame
    const call = this.held.get(callId)
    if (call?.waiting) {
      call.waiting.push(() => this.leave(client, frame))
    } else if (!call?.memberOf(client.connection)) {
      this.refuseUnknown(client, ref)
    } else {
      this.exit(call, client.connection)
      client.acknowledge(ref)
    }
  }

  close(client: Client, frame: Frame & { type: 'close' }): void {
    const { callId, ref } = frame
    const call = this.held.get(callId)
    const member = call?.memberOf(client.connection)
    if (call?.waiting) {
      call.waiting.push(() => this.close(client, frame))
    } else if (!call || !member) {
      this.refuseUnknown(client, ref)
    } else if (member.nodeId !== call.roster.ownerId) {
      const message = 'only who made the call, or has been in it longest since, may close it'
      client.refuse({ code: 'not_allowed', message, ref })
    } else if (this.links.isCutOff(call)) {
      const message = 'members at other instances cannot be told just now: close it again'
      client.refuse({ code: 'relay_failed', message, ref })
    } else {
      this.links.close(call)
      client.acknowledge(ref)
    }
  }

  signal(client: Client, { callId, payloadText, ref }: Frame & { type: 'call_signal' }): void {
    const { connection } = client
    const departed = this.departed.get(connection)?.find(({ call }) => call.id === callId)
    const call = departed?.call ?? this.held.get(callId)
    const member = departed?.member ?? call?.memberOf(connection)
    if (call && member) this.signals.send(call, client, member, payloadText, ref)
    else this.refuseUnknown(client, ref)
  }

  /** False: the connection or its account is in as many calls as it may, and has been told so. */
  private mayHold(client: Client, callId: string | null, ref: Ref | null): boolean {
    const { connection } = client
    const call = callId === null ? null : this.held.get(callId)
    const own = this.held.of(connection)
    const ofAccount = this.held.ofAccount(connection.actor.accountId)
    if (call && own.has(call)) return true
    let message
    if (own.size >= MAX_CALLS_OF_CONNECTION) {
      message = `a connection may be in ${MAX_CALLS_OF_CONNECTION} calls: leave one first`
    } else if (ofAccount.size >= MAX_CALLS_OF_ACCOUNT && !(call && ofAccount.has(call))) {
      message = `the nodes of an account may hold ${MAX_CALLS_OF_ACCOUNT} calls at an instance: leave one first`
    } else {
      return true
    }
    client.refuse({ code: 'not_allowed', message, ref })
    return false
  }

  /** The call of this id, or a new one; null: this instance may hold no more. */
  private find(callId: string | null): Call | null {
    const found = callId === null ? null : this.held.get(callId)
    if (found) return found
    if (this.held.size >= MAX_CALLS) return null
    const call = this.held.make(callId ?? newCallId())
    this.links.open(call, callId !== null)
    return call
  }

  private enter(call: Call, client: Client, ref: Ref | null): void {
    if (call.memberOf(client.connection)) {
      call.greet(client, ref)
    } else if (call.roster.size >= MAX_CALL_MEMBERS) {
      const message = `the call has ${MAX_CALL_MEMBERS} members, as many as it may`
      client.refuse({ code: 'room_full', message, ref })
    } else {
      this.held.enter(call, client, ref, this.clock.now())
      this.links.tell(call)
    }
  }

  private exit(call: Call, connection: Connection): void {
    this.held.exit(call, connection)
    this.links.tell(call)
    this.links.dropDeserted(call)
  }

  private leaveAll(connection: Connection): void {
    const calls = [...this.held.of(connection)]
    if (connection.endedBy === closeCodes.restart) {
      const departed = calls.flatMap((call) => {
        const member = call.memberOf(connection)
        return member ? [{ call, member }] : []
      })
      this.departed.set(connection, departed)
    }
    for (const call of calls) {
      if (call.memberOf(connection)) this.exit(call, connection)
      else this.held.giveUp(call, connection)
    }
  }

  private sweep(): void {
    const now = performance.now()
    for (const call of this.held.all()) {
      if (now - call.usedAt >= IDLE_MS) this.links.close(call)
      else this.links.tend(call)
    }
  }

  /** The same whether there is such a call or not. */
  private refuseUnknown(client: Client, ref: Ref | null): void {
    client.refuse({ code: 'unknown_room', message: 'you are in no call of this id', ref })
  }
}
