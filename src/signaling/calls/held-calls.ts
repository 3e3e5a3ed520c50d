import { Injectable } from '@nestjs/common'

import { Instances } from '../../instances/instances.js'
import type { Connection } from '../../routing/connection.js'
import type { Client } from '../client.js'
import type { Ref } from '../protocol/frames.js'
import { Call } from './call.js'

/** What a connection is in or about to be in, counted for the account that it had at first. */
interface Seats {
  readonly accountId: number
  readonly calls: Set<Call>
}

/** The calls that this instance has members of, and who of its connections is in which. */
@Injectable()
export class HeldCalls {
  private readonly byId = new Map<string, Call>()
  private readonly byConnection = new Map<Connection, Seats>()
  /** By account: how many of its connections are in the call. */
  private readonly byAccount = new Map<number, Map<Call, number>>()

  constructor(private readonly instances: Instances) {}

  get size(): number {
    return this.byId.size
  }

  all(): IterableIterator<Call> {
    return this.byId.values()
  }

  get(callId: string): Call | null {
    return this.byId.get(callId) ?? null
  }

  /** The calls that it is in, or waits to be in. */
  of(connection: Connection): ReadonlySet<Call> {
    return this.byConnection.get(connection)?.calls ?? NONE
  }

  /** The calls that connections of the account are in or wait to be in; one of several of them counts once. */
  ofAccount(accountId: number): Pick<ReadonlySet<Call>, 'size' | 'has'> {
    return this.byAccount.get(accountId) ?? NONE
  }

  make(callId: string): Call {
    const { instances } = this
    const call = new Call(callId, instances.place('call', callId), instances.id)
    this.byId.set(callId, call)
    return call
  }

  enter(call: Call, client: Client, ref: Ref | null, now: number): void {
    this.expect(call, client.connection)
    call.enter(client, ref, now)
  }

  /** It waits to be in the call, which counts as if it were. */
  expect(call: Call, connection: Connection): void {
    const seats = this.byConnection.get(connection) ?? {
      accountId: connection.actor.accountId,
      calls: new Set(),
    }
    this.byConnection.set(connection, seats)
    if (seats.calls.has(call)) return
    seats.calls.add(call)
    const counts = this.byAccount.get(seats.accountId) ?? new Map<Call, number>()
    this.byAccount.set(seats.accountId, counts.set(call, (counts.get(call) ?? 0) + 1))
  }

  /** It does not wait to be in the call any more; nothing for one that is in it. */
  giveUp(call: Call, connection: Connection): void {
    if (!call.memberOf(connection)) this.unlink(call, connection)
  }

  exit(call: Call, connection: Connection): void {
    this.unlink(call, connection)
    call.exit(connection)
  }

  /** It is over for all that had joined by then: those of them that are here are told. */
  end(call: Call, until: number): void {
    for (const { client } of call.end(until)) this.unlink(call, client.connection)
  }

  /** Forgets a call without members. False: that was done before. */
  drop(call: Call): boolean {
    return this.byId.get(call.id) === call && this.byId.delete(call.id)
  }

  private unlink(call: Call, connection: Connection): void {
    const seats = this.byConnection.get(connection)
    if (!seats?.calls.delete(call)) return
    if (seats.calls.size === 0) this.byConnection.delete(connection)
    const counts = this.byAccount.get(seats.accountId)
    const left = (counts?.get(call) ?? 0) - 1
    if (left > 0) counts?.set(call, left)
    else counts?.delete(call)
    if (counts?.size === 0) this.byAccount.delete(seats.accountId)
  }
}

const NONE: ReadonlySet<Call> = new Set()
