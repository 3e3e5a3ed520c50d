import { Injectable } from '@nestjs/common'

import { Instances } from '../../instances/instances.js'
import type { Connection } from '../../routing/connection.js'
import type { Client } from '../client.js'
import type { Ref } from '../protocol/frames.js'
import { Call } from './call.js'

/** The calls that this instance has members of, and who of its connections is in which. */
@Injectable()
export class HeldCalls {
  private readonly byId = new Map<string, Call>()
  private readonly byConnection = new Map<Connection, Set<Call>>()

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

  of(connection: Connection): ReadonlySet<Call> {
    return this.byConnection.get(connection) ?? NONE
  }

  make(callId: string): Call {
    const { instances } = this
    const call = new Call(callId, instances.place('call', callId), instances.id)
    this.byId.set(callId, call)
    return call
  }

  enter(call: Call, client: Client, ref: Ref | null, now: number): void {
    const calls = this.byConnection.get(client.connection) ?? new Set()
    this.byConnection.set(client.connection, calls.add(call))
    call.enter(client, ref, now)
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
    const calls = this.byConnection.get(connection)
    calls?.delete(call)
    if (calls?.size === 0) this.byConnection.delete(connection)
  }
}

const NONE: ReadonlySet<Call> = new Set()
