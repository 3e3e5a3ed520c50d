import { randomUUID } from 'node:crypto'

import { describe, expect, it } from '@jest/globals'

import { CallMember, connectCall, connectMember } from '../../support/call-members.js'
import type { TestHubs } from '../../support/hubs.js'
import { connectModern } from '../../support/modern-client.js'
import type { Frame } from '../../support/test-node.js'

/** What members say to all others. */
export function callSignalScenarios(hubs: () => TestHubs): void {
  describe('a signal to a call', () => {
    it('reaches every other member with exactly the keys classic clients know, and not its sender', async () => {
      const { callId, members } = await connectCall(hubs(), 3)
      const [one, two, three] = members
      one!.send({ type: 'signal', call_id: callId, payload: { sdp: 'v=0' }, sender_node_id: 'x' })

      for (const member of [two!, three!]) {
        expect(await member.next()).toEqual({
          type: 'signal',
          call_id: callId,
          sender_node_id: one!.id,
          payload: { sdp: 'v=0' },
        })
      }
      expect(await one!.settled()).toEqual([])
    })

    it('tells v=2 members also its number, who the sender is and who of the two gives way', async () => {
      const { callId, members } = await connectCall(hubs(), 2, 2)
      const [one, two] = members
      one!.send({ type: 'signal', call_id: callId, payload: 1 })
      two!.send({ type: 'signal', call_id: callId, payload: 2 })
      one!.send({ type: 'signal', call_id: callId, payload: 3 })

      expect(await two!.next()).toEqual({
        type: 'signal',
        call_id: callId,
        sender_node_id: one!.id,
        sender_proven: false,
        sender_spki_sha256: one!.node.identity.spkiSha256,
        polite: two!.id < one!.id,
        payload: 1,
        seq: 1,
      })
      expect(await one!.next()).toMatchObject({ payload: 2, seq: 1, polite: one!.id < two!.id })
      expect(await two!.next()).toMatchObject({ payload: 3, seq: 2 })
    })

    it('arrives with the text its sender wrote', async () => {
      const { callId, members } = await connectCall(hubs(), 2)
      const payload = '{ "n": 12345678901234567890, "x":1.0e+5,"é":"\\u00e9\\/", "a":[ ] }'
      members[0]!.socket.send(`{"payload": ${payload} ,"call_id":"${callId}", "type":"signal"}`)

      expect(await members[1]!.socket.nextText()).toContain(`"payload":${payload}}`)
    })

    it('is acknowledged under its ref when all have it; by nobody else being there, too', async () => {
      const { callId, members } = await connectCall(hubs(), 3)
      const alone = await connectMember(hubs())
      const { call_id: aloneId } = await alone.join()

      members[1]!.send({ type: 'signal', call_id: callId, payload: 1, ref: 'r' })
      alone.send({ type: 'signal', call_id: aloneId, payload: 1, ref: 's' })

      expect(await members[1]!.next()).toEqual({ type: 'ack', ref: 'r' })
      expect(await alone.next()).toEqual({ type: 'ack', ref: 's' })
    })

    it('keeps the order of each sender, and what is acknowledged all others have got once', async () => {
      const { callId, members } = await connectCall(hubs(), 3)
      for (let n = 0; n < 50; n++) {
        for (const { socket } of members) {
          socket.send({ type: 'signal', call_id: callId, payload: n, ref: n })
        }
      }

      const all = Array.from({ length: 50 }, (_each, n) => n)
      for (const member of members) {
        const heard: Frame[] = []
        while (heard.length < 150) heard.push(await member.next())
        const acks = heard.filter(({ type }) => type === 'ack')
        expect(acks.map(({ ref }) => ref).sort((a, b) => a - b)).toEqual(all)
        for (const other of members.filter((each) => each !== member)) {
          const signals = heard.filter(({ sender_node_id }) => sender_node_id === other.id)
          expect(signals.map(({ payload }) => payload)).toEqual(all)
        }
        expect(await member.settled()).toEqual([])
      }
    })

    it('is one error that names the one member who does not read, and reaches the others', async () => {
      const { callId, members } = await connectCall(hubs(), 3)
      const [sender, slow, reader] = members
      slow!.socket.socket.pause()
      const big = 'x'.repeat(60_000)
      let refused
      for (let n = 0; !refused && n < 2_000; n++) {
        sender!.send({ type: 'signal', call_id: callId, payload: big, ref: n })
        const answer = await sender!.next()
        expect(await reader!.next()).toMatchObject({ type: 'signal', sender_node_id: sender!.id })
        if (answer.type === 'error') refused = answer
        else expect(answer).toEqual({ type: 'ack', ref: n })
      }

      expect(refused).toEqual({
        type: 'error',
        code: 'target_slow',
        message: 'a member of the call did not get it',
        target_node_id: slow!.id,
        ref: expect.any(Number),
        retry_after: 1,
      })
      slow!.socket.socket.resume()
    })

    it('comes again, by its number, to a client that dropped before it read it, and joins anew', async () => {
      const sender = await connectMember(hubs())
      const node = await hubs().registeredNode()
      const lost = await connectModern(node)
      const { call_id: callId } = await sender.join()
      await new CallMember(node, lost.socket).join(callId, [sender])
      await sender.next()
      lost.socket.socket.pause()
      sender.send({ type: 'signal', call_id: callId, payload: 'missed', ref: 'r' })
      expect(await sender.next()).toEqual({ type: 'ack', ref: 'r' })
      lost.socket.socket.terminate()
      expect(await sender.next()).toMatchObject({ type: 'peer-leave', node_id: node.id })

      const { socket } = await connectModern(node)
      const { connection_id } = lost.greeting
      socket.send({ type: 'resume', connection_id, last_seq: 0 })

      expect(await socket.next()).toEqual({ type: 'resumed', from_seq: 1 })
      expect(await socket.next()).toMatchObject({ call_id: callId, payload: 'missed', seq: 1 })
      const back = new CallMember(node, socket)
      back.send({ type: 'signal', call_id: callId, payload: 1 })
      expect(await back.next()).toMatchObject({ code: 'unknown_room' })
      await back.join(callId, [sender])
    })

    it('is unknown_room for who is in no call of that id, whether there is one or not', async () => {
      const { callId } = await connectCall(hubs(), 1)
      const stranger = await connectMember(hubs())
      const answers = []
      for (const type of ['signal', 'leave', 'close']) {
        for (const call_id of [callId, randomUUID(), 'short']) {
          stranger.send({ type, call_id, payload: 1, ref: 'r' })
          answers.push(await stranger.next())
        }
      }

      for (const answer of answers) {
        expect(answer).toEqual({
          type: 'error',
          code: 'unknown_room',
          message: 'you are in no call of this id',
          ref: 'r',
        })
      }
    })
  })

  describe('a member of a call that does not read', () => {
    it('is closed rather than told a part of who comes and goes, and the others see it leave', async () => {
      const { callId, members } = await connectCall(hubs(), 3)
      const [reader, slow, sender] = members
      slow!.socket.socket.pause()
      const big = 'x'.repeat(60_000)
      let answer
      do {
        sender!.send({ type: 'signal', call_id: callId, payload: big, ref: 1 })
        answer = await sender!.next()
        await reader!.next()
      } while (answer.type === 'ack')

      // Little frames find room until the queue is full of them, too.
      const joiner = await connectMember(hubs())
      let left = false
      for (let n = 0; !left && n < 200; n++) {
        joiner.send({ type: 'join', call_id: callId })
        joiner.send({ type: 'leave', call_id: callId })
        left = (await reader!.settled()).some(
          ({ type, node_id }) => type === 'peer-leave' && node_id === slow!.id,
        )
        await joiner.settled()
      }

      expect(left).toBe(true)
      slow!.socket.socket.resume()
      expect((await slow!.socket.closed).code).toBe(1013)
    })
  })
}
