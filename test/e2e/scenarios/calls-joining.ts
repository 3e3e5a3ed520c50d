import { randomUUID } from 'node:crypto'

import { describe, expect, it } from '@jest/globals'

import { connectCall, connectMember } from '../../support/call-members.js'
import type { TestHubs } from '../../support/hubs.js'

/** Who gets into a call, and what is told of it. */
export function joiningScenarios(hubs: () => TestHubs): void {
  describe('join', () => {
    it('without a call_id makes a call under an id that nobody can guess', async () => {
      const [one, other] = [await connectMember(hubs()), await connectMember(hubs())]

      const first = await one.join()
      const second = await other.join()

      expect(first).toEqual({ type: 'joined', call_id: first.call_id, node_ids: [one.id] })
      for (const { call_id } of [first, second]) {
        expect(call_id).toMatch(/^[A-Za-z0-9_-]{22}$/)
      }
      expect(first.call_id).not.toBe(second.call_id)
    })

    it('tells the newcomer who is in it, the oldest first, and the others who has come', async () => {
      const [one, two, three] = [
        await connectMember(hubs()),
        await connectMember(hubs(), 2),
        await connectMember(hubs()),
      ]
      const { call_id } = await one.join()

      expect((await two.join(call_id, [one])).node_ids).toEqual([one.id, two.id])
      expect((await three.join(call_id, [one, two])).node_ids).toEqual([one.id, two.id, three.id])

      expect(await one.next()).toEqual({ type: 'peer-join', call_id, node_id: two.id })
      expect(await one.next()).toEqual({ type: 'peer-join', call_id, node_id: three.id })
      expect(await two.next()).toEqual({ type: 'peer-join', call_id, node_id: three.id })
      expect(await three.settled()).toEqual([])
    })

    it.each(['c', 17])('is answered with its ref, %j', async (ref) => {
      const member = await connectMember(hubs())
      member.send({ type: 'join', ref })

      expect(await member.next()).toMatchObject({ type: 'joined', node_ids: [member.id], ref })
    })

    it('takes an id of the client’s own making, a UUID for one', async () => {
      const [one, other] = [await connectMember(hubs()), await connectMember(hubs())]
      const callId = randomUUID()

      expect((await one.join(callId)).call_id).toBe(callId)
      expect((await other.join(callId, [one])).node_ids).toEqual([one.id, other.id])
    })

    it.each([
      ['short enough to guess', 'a'.repeat(21)],
      ['too long', 'a'.repeat(65)],
      ['with other characters', 'team standup on monday!'],
      ['with a quote', `"${'a'.repeat(22)}`],
    ])('refuses an id %s, and says what to do', async (_what, callId) => {
      const member = await connectMember(hubs())
      member.send({ type: 'join', call_id: callId, ref: 'r' })

      expect(await member.next()).toEqual({
        type: 'error',
        code: 'invalid_frame',
        message:
          'call_id is no 22 to 64 characters of A-Z a-z 0-9 _ -: make it of 128 random bits, or leave it out',
        ref: 'r',
      })
    })

    it('of a member answers joined again, and the others hear nothing', async () => {
      const { callId, members } = await connectCall(hubs(), 2)
      const [one, other] = members

      expect(await one!.join(callId)).toEqual({
        type: 'joined',
        call_id: callId,
        node_ids: [one!.id, other!.id],
      })
      expect(await other!.settled()).toEqual([])
    })

    it('is refused with room_full by a call of 32, until one leaves', async () => {
      const { callId, members } = await connectCall(hubs(), 32)
      const late = await connectMember(hubs())
      late.send({ type: 'join', call_id: callId, ref: 'late' })
      expect(await late.next()).toMatchObject({ type: 'error', code: 'room_full', ref: 'late' })

      members[5]!.send({ type: 'leave', call_id: callId, ref: 'bye' })
      expect(await members[5]!.next()).toEqual({ type: 'ack', ref: 'bye' })
      for (const member of members.filter((_each, index) => index !== 5)) {
        expect(await member.next()).toMatchObject({ type: 'peer-leave' })
      }

      expect((await late.join(callId)).node_ids).toHaveLength(32)
    })

    it('is refused with not_allowed in a ninth call, until the connection leaves one', async () => {
      const member = await connectMember(hubs())
      const calls = []
      for (let count = 0; count < 8; count++) calls.push((await member.join()).call_id)
      member.send({ type: 'join', ref: 9 })
      expect(await member.next()).toMatchObject({ type: 'error', code: 'not_allowed', ref: 9 })
      expect(await member.join(calls[3])).toMatchObject({ call_id: calls[3] })

      member.send({ type: 'leave', call_id: calls[0] })

      expect(await member.join()).toMatchObject({ type: 'joined' })
    })
  })
}
