import { randomUUID } from 'node:crypto'

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import fc from 'fast-check'

import { type CallMember, connectCall, connectMember, reconnect } from '../support/call-members.js'
import { startHubs, type TestHubs } from '../support/hubs.js'
import type { Frame } from '../support/test-node.js'

let hubs: TestHubs

beforeAll(async () => {
  hubs = await startHubs(3, 'postgres', { env: { RATE_LIMIT_ENABLED: 'false' } })
})

afterAll(() => hubs[Symbol.asyncDispose]())

/** One member of a call at each instance. */
async function threeApart(): Promise<{ callId: string; members: CallMember[] }> {
  return connectCall(hubs, 3)
}

describe('a call that is made at two instances in one moment', () => {
  it('is one call: both see both, and one of them owns it', async () => {
    for (let round = 0; round < 10; round++) {
      const [one, other] = [await connectMember(hubs), await connectMember(hubs)]
      const callId = randomUUID()
      for (const member of [one, other]) member.send({ type: 'join', call_id: callId })
      const both = [one.id, other.id]
      await Promise.all([one.follow([], both), other.follow([], both)])

      const joined = [await one.join(callId), await other.join(callId)]
      expect(joined[0]!.node_ids).toEqual(joined[1]!.node_ids)
      const [ownerId] = joined[0]!.node_ids
      const [owner, guest] = ownerId === one.id ? [one, other] : [other, one]

      guest.send({ type: 'close', call_id: callId })
      expect(await guest.next()).toMatchObject({ code: 'not_allowed' })
      owner.send({ type: 'close', call_id: callId })
      for (const member of [owner, guest]) {
        expect(await member.next()).toEqual({ type: 'closed', call_id: callId })
      }
    }
  })
})

describe('a node that moves to another instance', () => {
  it('has left and joined, for all others once each, and hears what they say by its new connection', async () => {
    const { callId, members } = await threeApart()
    const [stays, moves, stays2] = members

    const moved = await reconnect(
      moves!.node,
      2,
      hubs.all.find((hub) => hub !== moves!.node.hub),
    )
    moved.send({ type: 'join', call_id: callId })

    expect((await moves!.socket.closed).code).toBe(4500)
    await moved.follow([], [stays!.id, moves!.id, stays2!.id])
    for (const member of [stays!, stays2!]) {
      expect(await member.next()).toEqual({
        type: 'peer-leave',
        call_id: callId,
        node_id: moves!.id,
      })
      expect(await member.next()).toEqual({
        type: 'peer-join',
        call_id: callId,
        node_id: moves!.id,
      })
    }
    stays!.send({ type: 'signal', call_id: callId, payload: 1, ref: 'r' })
    expect(await moved.next()).toMatchObject({ type: 'signal', payload: 1, seq: 1 })
    expect(await stays!.next()).toEqual({ type: 'ack', ref: 'r' })
    expect(await stays2!.next()).toMatchObject({ type: 'signal', payload: 1 })
    expect(await stays2!.settled()).toEqual([])
  })
})

/** A member as an application keeps it: who it believes to be in the call, by what it was told. */
class Follower {
  readonly believed = new Set<string>()
  isIn = false
  private unanswered = 0
  private heard = 0

  constructor(readonly member: CallMember) {}

  /** Joins, or leaves if it is in. */
  change(callId: string): void {
    this.isIn = !this.isIn
    this.say(callId, this.isIn ? 'join' : 'leave')
  }

  signal(callId: string): void {
    this.say(callId, 'signal')
  }

  /** Takes news until all that it sent is answered, it believes in so many members and has heard so many signals. */
  async follow(callId: string, members: number, signals: number): Promise<void> {
    while (this.unanswered > 0 || this.believed.size !== members || this.heard < signals) {
      this.take(callId, await this.member.next())
    }
    this.heard = 0
  }

  private say(callId: string, type: string): void {
    this.unanswered++
    this.member.send({ type, call_id: callId, payload: 1, ref: type })
  }

  private take(callId: string, { type, ref, call_id, node_id, node_ids }: Frame): void {
    const { believed } = this
    if (ref !== undefined) this.unanswered--
    if (type === 'joined' || ref === 'leave') believed.clear()
    if (type === 'joined') for (const id of node_ids) believed.add(id)
    else if (type === 'ack') return
    else if (type === 'signal') this.heard++
    else {
      expect(call_id).toBe(callId)
      // Nobody comes who is there, and nobody goes who is not.
      expect([type, believed.has(node_id)]).toEqual([type, type === 'peer-leave'])
      if (type === 'peer-join') believed.add(node_id)
      else believed.delete(node_id)
    }
  }
}

describe('whatever order members come and go in, at three instances', () => {
  it('those who are in it at the end all know each other, and each hears the others once', async () => {
    const followers: Follower[] = []
    while (followers.length < 6) followers.push(new Follower(await connectMember(hubs)))
    const all = followers.map(({ member }) => member.id).sort()
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat({ max: 5 }), { maxLength: 40 }), async (steps) => {
        const callId = randomUUID()
        for (const step of steps) followers[step]!.change(callId)
        for (const follower of followers) if (!follower.isIn) follower.change(callId)
        await Promise.all(followers.map((follower) => follower.follow(callId, 6, 0)))

        // What one instance says comes in its order: behind its members' signals all their comings are known.
        for (const follower of followers) follower.signal(callId)
        await Promise.all(followers.map((follower) => follower.follow(callId, 6, 5)))

        for (const { believed } of followers) expect([...believed].sort()).toEqual(all)
        for (const follower of followers) follower.change(callId)
        await Promise.all(followers.map((follower) => follower.follow(callId, 0, 0)))
      }),
      { numRuns: 10 },
    )
  })
})
