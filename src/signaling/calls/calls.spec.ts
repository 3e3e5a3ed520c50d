import { describe, expect, it } from '@jest/globals'

import { Clock } from '../../common/clock.js'
import { nodeIdSchema } from '../../identity/node-id.js'
import type { ConnectionObserver } from '../../routing/connection-registry.js'
import type { Client } from '../client.js'
import { Calls } from './calls.js'
import { HeldCalls } from './held-calls.js'

/** Calls of an instance that is alone, with clients that only write down what they are told. */
class Desk {
  private readonly connected = new Map<string, unknown>()
  private observer: ConnectionObserver = {}
  readonly held = new HeldCalls({ id: 'here', place: (_kind: string, id: string) => id } as never)
  readonly calls = new Calls(
    this.held,
    {
      open: () => undefined,
      tell: () => undefined,
      dropDeserted: (call: never) => {
        const { isDeserted } = call as { isDeserted: boolean }
        if (isDeserted) this.held.drop(call)
      },
    } as never,
    {} as never,
    {
      get: (shortId: string) => this.connected.get(shortId) ?? null,
      observe: (observer: ConnectionObserver) => (this.observer = observer),
    } as never,
    new Clock(),
  )

  constructor() {
    this.calls.onModuleInit()
  }

  /** @returns its client, and what it was told last */
  connect(number: number): { client: Client; last: () => unknown } {
    const shortId = nodeIdSchema.parse(`dpc-node-${String(number).padStart(16, '0')}`)
    let told: unknown = null
    const hear = (frame: unknown): void => {
      told = frame
    }
    const connection = { actor: { node: { nodeId: shortId, shortId } } }
    this.connected.set(shortId, connection)
    const client = { connection, reply: hear, acknowledge: hear, refuse: hear }
    return { client: client as never, last: () => told }
  }

  end({ connection }: Client): void {
    this.connected.delete(connection.actor.node.shortId)
    this.observer.gone?.(connection, false)
  }
}

describe('the calls of one instance', () => {
  it('are 10,000 at most; who would make one more is told to wait, and may when one has ended', () => {
    const desk = new Desk()
    const clients = Array.from({ length: 1_251 }, (_each, number) => desk.connect(number))
    for (const { client } of clients.slice(0, 1_250)) {
      for (let count = 0; count < 8; count++) {
        desk.calls.join(client, { type: 'join', callId: null, ref: null })
      }
    }
    const late = clients.at(-1)!
    desk.calls.join(late.client, { type: 'join', callId: null, ref: 'r' })
    expect(late.last()).toMatchObject({ code: 'room_full', ref: 'r' })

    desk.end(clients[0]!.client)
    desk.calls.join(late.client, { type: 'join', callId: null, ref: 's' })

    expect(late.last()).toContain('"type":"joined"')
    desk.calls.onModuleDestroy()
  })

  it('are none when all connections have ended, however they were made, joined and left', () => {
    const desk = new Desk()
    const clients = Array.from({ length: 40 }, (_each, number) => desk.connect(number).client)
    const ids = Array.from({ length: 20 }, (_each, number) => `call-${number}`.padEnd(22, 'x'))
    for (let round = 0; round < 5_000; round++) {
      const client = clients[(round * 7) % clients.length]!
      const callId = ids[(round * 11) % ids.length]!
      if (round % 3 === 0) desk.calls.leave(client, { type: 'leave', callId, ref: null })
      else desk.calls.join(client, { type: 'join', callId, ref: null })
    }
    expect(desk.held.size).toBeGreaterThan(0)

    for (const client of clients) desk.end(client)

    expect(desk.held.size).toBe(0)
    for (const { connection } of clients) expect(desk.held.of(connection).size).toBe(0)
    desk.calls.onModuleDestroy()
  })
})
