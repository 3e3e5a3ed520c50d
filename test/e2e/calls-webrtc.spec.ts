import { describe, expect, it } from '@jest/globals'

import { Call, type Payload, payloadSchema } from '../../demo/call.js'
import { type CallMember, connectMember } from '../support/call-members.js'
import { startHubs } from '../support/hubs.js'
import type { Frame } from '../support/test-node.js'

/** One of several peers that connect each to each by what they say in a call. */
class MeshPeer {
  private callId: string | undefined
  private readonly connections = new Map<string, Call>()
  /** What was heard is taken in its order. */
  private turn: Promise<void> = Promise.resolve()

  constructor(readonly member: CallMember) {}

  get id(): string {
    return this.member.id
  }

  /** Joins, and calls everybody who is there already. */
  async join(callId: string | undefined, there: readonly MeshPeer[]): Promise<string> {
    const joined = await this.member.join(callId, there)
    this.callId = joined.call_id
    this.member.socket.socket.on('message', () => {
      this.turn = this.turn.then(async () => this.take(await this.member.next()))
    })
    for (const other of joined.node_ids) {
      if (other !== this.id) await this.connectionTo(other).offer()
    }
    return joined.call_id
  }

  /** Resolves when there is an open channel to each of `others`. */
  async opened(others: readonly MeshPeer[]): Promise<void> {
    await Promise.all(others.map(({ id }) => this.connectionTo(id).opened))
  }

  say(other: MeshPeer, text: string): void {
    this.connectionTo(other.id).sendText(text)
  }

  hear(other: MeshPeer): Promise<string> {
    return this.connectionTo(other.id).nextText()
  }

  hangUp(): void {
    for (const connection of this.connections.values()) connection.close()
  }

  private connectionTo(other: string): Call {
    const made = this.connections.get(other)
    if (made) return made
    const connection = new Call({ send: (signal) => this.signal(other, signal) })
    this.connections.set(other, connection)
    return connection
  }

  /** The whole call gets it; it is meant for one. */
  private signal(to: string, signal: object): void {
    this.member.send({ type: 'signal', call_id: this.callId, payload: { to, signal } })
  }

  private async take({ type, sender_node_id: from, payload, code }: Frame): Promise<void> {
    if (type === 'error') throw new Error(`the hub says ${code}`)
    if (type !== 'signal' || payload.to !== this.id) return
    const signal: Payload = payloadSchema.parse(payload.signal)
    await this.connectionTo(from).take(signal)
  }
}

describe('three WebRTC peers in a call, each at another instance', () => {
  it('connect each to each by what they say in it, and then need the hub no more', async () => {
    await using hubs = await startHubs(3, 'postgres', { env: { RATE_LIMIT_ENABLED: 'false' } })
    const peers: MeshPeer[] = []
    for (const version of [1, 2, 1] as const) {
      peers.push(new MeshPeer(await connectMember(hubs, version)))
    }
    const pairs = peers.flatMap((one) =>
      peers.filter((other) => other !== one).map((other) => [one, other] as const),
    )
    try {
      let callId: string | undefined
      for (const [index, peer] of peers.entries()) {
        callId = await peer.join(callId, peers.slice(0, index))
      }
      for (const peer of peers) await peer.opened(peers.filter((other) => other !== peer))
      for (const { member } of peers) await member.drop()

      for (const [one, other] of pairs) one.say(other, `${one.id} greets ${other.id}`)

      for (const [one, other] of pairs) {
        expect(await other.hear(one)).toBe(`${one.id} greets ${other.id}`)
      }
    } finally {
      for (const peer of peers) peer.hangUp()
    }
  })
})
