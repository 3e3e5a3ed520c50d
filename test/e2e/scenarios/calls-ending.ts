import { describe, expect, it } from '@jest/globals'

import { connectCall, connectMember, reconnect } from '../../support/call-members.js'
import type { TestHubs } from '../../support/hubs.js'

/** How members and calls come to an end. */
export function endingScenarios(hubs: () => TestHubs): void {
  describe('leave', () => {
    it('is told to the others, who hear no more of who left and say no more to it', async () => {
      const { callId, members } = await connectCall(hubs(), 3)
      const [one, two, three] = members
      two!.send({ type: 'leave', call_id: callId, ref: 'r' })

      expect(await two!.next()).toEqual({ type: 'ack', ref: 'r' })
      for (const member of [one!, three!]) {
        expect(await member.next()).toEqual({
          type: 'peer-leave',
          call_id: callId,
          node_id: two!.id,
        })
      }
      one!.send({ type: 'signal', call_id: callId, payload: 1 })
      expect(await three!.next()).toMatchObject({ type: 'signal' })
      expect(await two!.settled()).toEqual([])
    })

    it('is what the end of a connection comes to, in every call it is in', async () => {
      const { callId, members } = await connectCall(hubs(), 2)
      const [stays, drops] = members
      const second = (await stays!.join()).call_id
      await drops!.join(second, [stays!])
      await stays!.next()

      await drops!.drop()

      const left = [await stays!.next(), await stays!.next()]
      expect(left.map(({ call_id }) => call_id).sort()).toEqual([callId, second].sort())
      for (const frame of left) {
        expect(frame).toMatchObject({ type: 'peer-leave', node_id: drops!.id })
      }
    })

    it('is what a replaced connection does; the newer one of the node joins again', async () => {
      const { callId, members } = await connectCall(hubs(), 2)
      const [stays, replaced] = members

      const newer = await reconnect(replaced!.node, 2)

      expect(await stays!.next()).toEqual({
        type: 'peer-leave',
        call_id: callId,
        node_id: newer.id,
      })
      expect((await newer.join(callId, [stays!])).node_ids).toEqual([stays!.id, newer.id])
      expect(await stays!.next()).toEqual({ type: 'peer-join', call_id: callId, node_id: newer.id })
      stays!.send({ type: 'signal', call_id: callId, payload: 1 })
      expect(await newer.next()).toMatchObject({ type: 'signal', payload: 1 })
      expect((await replaced!.socket.closed).code).toBe(4500)
    })

    it('of the last member ends the call: who joins then makes it anew', async () => {
      const { callId, members } = await connectCall(hubs(), 1)
      members[0]!.send({ type: 'leave', call_id: callId })
      expect(await members[0]!.settled()).toEqual([])
      const newcomer = await connectMember(hubs())

      expect((await newcomer.join(callId)).node_ids).toEqual([newcomer.id])
      newcomer.send({ type: 'close', call_id: callId })
      expect(await newcomer.next()).toEqual({ type: 'closed', call_id: callId })
    })
  })

  describe('close', () => {
    it('by who made the call ends it for all', async () => {
      const { callId, members } = await connectCall(hubs(), 3)
      members[0]!.send({ type: 'close', call_id: callId, ref: 'r' })

      for (const member of members) {
        expect(await member.next()).toEqual({ type: 'closed', call_id: callId })
      }
      expect(await members[0]!.next()).toEqual({ type: 'ack', ref: 'r' })
      members[1]!.send({ type: 'signal', call_id: callId, payload: 1 })
      expect(await members[1]!.next()).toMatchObject({ code: 'unknown_room' })
    })

    it('by anybody else is not_allowed, and changes nothing', async () => {
      const { callId, members } = await connectCall(hubs(), 2)
      members[1]!.send({ type: 'close', call_id: callId, ref: 'r' })

      expect(await members[1]!.next()).toMatchObject({
        type: 'error',
        code: 'not_allowed',
        ref: 'r',
      })
      members[1]!.send({ type: 'signal', call_id: callId, payload: 1 })
      expect(await members[0]!.next()).toMatchObject({ type: 'signal' })
    })

    it('is for the member of longest standing when the owner has left', async () => {
      const { callId, members } = await connectCall(hubs(), 3)
      const [owner, heir, youngest] = members
      owner!.send({ type: 'leave', call_id: callId })
      expect(await heir!.next()).toMatchObject({ type: 'peer-leave' })
      expect(await youngest!.next()).toMatchObject({ type: 'peer-leave' })

      youngest!.send({ type: 'close', call_id: callId })
      expect(await youngest!.next()).toMatchObject({ code: 'not_allowed' })
      heir!.send({ type: 'close', call_id: callId })
      expect(await youngest!.next()).toEqual({ type: 'closed', call_id: callId })
    })
  })
}
