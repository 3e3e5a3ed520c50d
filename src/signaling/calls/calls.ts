import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common'

import { Clock } from '../../common/clock.js'
import type { Connection } from '../../routing/connection.js'
import { ConnectionRegistry } from '../../routing/connection-registry.js'
import type { Client } from '../client.js'
import { MAX_CALL_MEMBERS } from '../greetings.js'
import type { Frame, Ref } from '../protocol/frames.js'
import type { Call } from './call.js'
import { CallDeliveries, report } from './call-deliveries.js'
import { isCallId, newCallId } from './call-id.js'
import { HeldCalls } from './held-calls.js'

/** Calls that one connection may be in, and that one instance holds at most. */
const MAX_CALLS_OF_CONNECTION = 8
const MAX_CALLS = 10_000
/** A call that nobody joined, left or signalled for so long is closed. */
const IDLE_MS = 30 * 60_000
/** How often calls are looked through for such. */
const SWEEP_MS = 1_000

/** Calls of several nodes: who is in, and what they say to all. */
@Injectable()
export class Calls implements OnModuleInit, OnModuleDestroy {
  private timer: NodeJS.Timeout | null = null

  constructor(
    private readonly held: HeldCalls,
    private readonly deliveries: CallDeliveries,
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

  join(client: Client, { callId, ref }: Frame & { type: 'join' }): void {
    if (callId !== null && !isCallId(callId)) {
      const message =
        'call_id is no 22 to 64 characters of A-Z a-z 0-9 _ -: make it of 128 random bits, or leave it out'
      client.refuse({ code: 'invalid_frame', message, ref })
      return
    }
    const id = callId ?? newCallId()
    const call = this.held.get(id)
    if (call) this.enter(call, client, ref)
    else if (this.held.size >= MAX_CALLS) {
      client.refuse({ code: 'room_full', message: 'this hub holds no more calls now', ref })
    } else this.enter(this.held.make(id, 'here'), client, ref)
  }

  leave(client: Client, { callId, ref }: Frame & { type: 'leave' }): void {
    const call = this.callOf(client, callId)
    if (!call) {
      this.refuseUnknown(client, ref)
      return
    }
    this.exit(call, client.connection)
    client.acknowledge(ref)
  }

  close(client: Client, { callId, ref }: Frame & { type: 'close' }): void {
    const call = this.callOf(client, callId)
    if (!call) {
      this.refuseUnknown(client, ref)
    } else if (call.memberOf(client.connection)?.nodeId !== call.roster.ownerId) {
      const message = 'only who made the call, or has been in it longest since, may close it'
      client.refuse({ code: 'not_allowed', message, ref })
    } else {
      this.held.end(call)
      client.acknowledge(ref)
    }
  }

  /** Synchronous where all members are connected to this instance. */
  signal(client: Client, { callId, payloadText, ref }: Frame & { type: 'call_signal' }): void {
    const call = this.held.get(callId)
    const member = call?.memberOf(client.connection)
    if (!call || !member) {
      this.refuseUnknown(client, ref)
      return
    }
    call.usedAt = performance.now()
    const { node } = client.connection.actor
    const sender = { ...node, nodeId: member.nodeId }
    report(client, ref, this.deliveries.hand(call, sender, payloadText))
  }

  private enter(call: Call, client: Client, ref: Ref | null): void {
    if (call.memberOf(client.connection)) call.greet(client, ref)
    else if (this.held.of(client.connection).size >= MAX_CALLS_OF_CONNECTION) {
      const message = `a connection may be in ${MAX_CALLS_OF_CONNECTION} calls: leave one first`
      client.refuse({ code: 'not_allowed', message, ref })
    } else if (call.roster.size >= MAX_CALL_MEMBERS) {
      const message = `the call has ${MAX_CALL_MEMBERS} members, as many as it may`
      client.refuse({ code: 'room_full', message, ref })
    } else this.held.enter(call, client, ref, this.clock.now())
    this.dropDeserted(call)
  }

  private exit(call: Call, connection: Connection): void {
    this.held.exit(call, connection)
    this.dropDeserted(call)
  }

  private leaveAll(connection: Connection): void {
    for (const call of [...this.held.of(connection)]) this.exit(call, connection)
  }

  private dropDeserted(call: Call): void {
    if (call.isDeserted) this.held.drop(call)
  }

  private sweep(): void {
    const now = performance.now()
    for (const call of this.held.all()) if (now - call.usedAt >= IDLE_MS) this.held.end(call)
  }

  /** The call that the client is in; null if there is none, or it is in another: nobody can tell which. */
  private callOf({ connection }: Client, callId: string): Call | null {
    const call = this.held.get(callId)
    return call?.memberOf(connection) ? call : null
  }

  private refuseUnknown(client: Client, ref: Ref | null): void {
    client.refuse({ code: 'unknown_room', message: 'you are in no call of this id', ref })
  }
}
