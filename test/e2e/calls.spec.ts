import { randomUUID } from 'node:crypto'

import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals'

import { connectCall, connectMember, reconnect } from '../support/call-members.js'
import { startHub, type TestHub } from '../support/hub.js'
import type { Frame } from '../support/test-node.js'

let hub: TestHub

beforeAll(async () => {
  hub = await startHub({ env: { RATE_LIMIT_ENABLED: 'false' } })
})

afterAll(() => hub[Symbol.asyncDispose]())

afterEach(() => {
  jest.restoreAllMocks()
})

describe('join', () => {
  it('without a call_id makes a call under an id that nobody can guess', async () => {
    const [one, other] = [await connectMember(hub), await connectMember(hub)]

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
      await connectMember(hub),
      await connectMember(hub, 2),
      await connectMember(hub),
    ]
    const { call_id } = await one.join()

    expect((await two.join(call_id)).node_ids).toEqual([one.id, two.id])
    expect((await three.join(call_id)).node_ids).toEqual([one.id, two.id, three.id])

    expect(await one.next()).toEqual({ type: 'peer-join', call_id, node_id: two.id })
    expect(await one.next()).toEqual({ type: 'peer-join', call_id, node_id: three.id })
    expect(await two.next()).toEqual({ type: 'peer-join', call_id, node_id: three.id })
    expect(await three.settled()).toEqual([])
  })

  it.each(['c', 17])('is answered with its ref, %j', async (ref) => {
    const member = await connectMember(hub)
    member.send({ type: 'join', ref })

    expect(await member.next()).toMatchObject({ type: 'joined', node_ids: [member.id], ref })
  })

  it('takes an id of the client’s own making, a UUID for one', async () => {
    const [one, other] = [await connectMember(hub), await connectMember(hub)]
    const callId = randomUUID()

    expect((await one.join(callId)).call_id).toBe(callId)
    expect((await other.join(callId)).node_ids).toEqual([one.id, other.id])
  })

  it.each([
    ['short enough to guess', 'a'.repeat(21)],
    ['too long', 'a'.repeat(65)],
    ['with other characters', 'team standup on monday!'],
    ['with a quote', `"${'a'.repeat(22)}`],
  ])('refuses an id %s, and says what to do', async (_what, callId) => {
    const member = await connectMember(hub)
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
    const { callId, members } = await connectCall(hub, 2)
    const [one, other] = members

    expect(await one!.join(callId)).toEqual({
      type: 'joined',
      call_id: callId,
      node_ids: [one!.id, other!.id],
    })
    expect(await other!.settled()).toEqual([])
  })

  it('is refused with room_full by a call of 32, until one leaves', async () => {
    const { callId, members } = await connectCall(hub, 32)
    const late = await connectMember(hub)
    late.send({ type: 'join', call_id: callId, ref: 'late' })
    expect(await late.next()).toMatchObject({ type: 'error', code: 'room_full', ref: 'late' })

    members[5]!.send({ type: 'leave', call_id: callId, ref: 'bye' })
    expect(await members[5]!.next()).toEqual({ type: 'ack', ref: 'bye' })

    expect((await late.join(callId)).node_ids).toHaveLength(32)
  })

  it('is refused with not_allowed in a ninth call, until the connection leaves one', async () => {
    const member = await connectMember(hub)
    const calls = []
    for (let count = 0; count < 8; count++) calls.push((await member.join()).call_id)
    member.send({ type: 'join', ref: 9 })
    expect(await member.next()).toMatchObject({ type: 'error', code: 'not_allowed', ref: 9 })
    expect(await member.join(calls[3])).toMatchObject({ call_id: calls[3] })

    member.send({ type: 'leave', call_id: calls[0] })

    expect(await member.join()).toMatchObject({ type: 'joined' })
  })
})

describe('a signal to a call', () => {
  it('reaches every other member with exactly the keys classic clients know, and not its sender', async () => {
    const { callId, members } = await connectCall(hub, 3)
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
    const { callId, members } = await connectCall(hub, 2, 2)
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
    const { callId, members } = await connectCall(hub, 2)
    const payload = '{ "n": 12345678901234567890, "x":1.0e+5,"é":"\\u00e9\\/", "a":[ ] }'
    members[0]!.socket.send(`{"payload": ${payload} ,"call_id":"${callId}", "type":"signal"}`)

    expect(await members[1]!.socket.nextText()).toContain(`"payload":${payload}}`)
  })

  it('is acknowledged under its ref when all have it; by nobody else being there, too', async () => {
    const { callId, members } = await connectCall(hub, 3)
    const alone = await connectMember(hub)
    const { call_id: aloneId } = await alone.join()

    members[1]!.send({ type: 'signal', call_id: callId, payload: 1, ref: 'r' })
    alone.send({ type: 'signal', call_id: aloneId, payload: 1, ref: 's' })

    expect(await members[1]!.next()).toEqual({ type: 'ack', ref: 'r' })
    expect(await alone.next()).toEqual({ type: 'ack', ref: 's' })
  })

  it('keeps the order of each sender', async () => {
    const { callId, members } = await connectCall(hub, 3)
    for (let n = 0; n < 50; n++) {
      for (const member of members) member.send({ type: 'signal', call_id: callId, payload: n })
    }

    for (const member of members) {
      const heard: Frame[] = []
      while (heard.length < 100) heard.push(await member.next())
      for (const other of members.filter((each) => each !== member)) {
        const payloads = heard
          .filter(({ sender_node_id }) => sender_node_id === other.id)
          .map(({ payload }) => payload)
        expect(payloads).toEqual(Array.from({ length: 50 }, (_each, n) => n))
      }
    }
  })

  it('is one error that names the one member who does not read, and reaches the others', async () => {
    const { callId, members } = await connectCall(hub, 3)
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

  it('is unknown_room for who is in no call of that id, whether there is one or not', async () => {
    const { callId } = await connectCall(hub, 1)
    const stranger = await connectMember(hub)
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

describe('leave', () => {
  it('is told to the others, who hear no more of who left and say no more to it', async () => {
    const { callId, members } = await connectCall(hub, 3)
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
    const { callId, members } = await connectCall(hub, 2)
    const [stays, drops] = members
    const second = (await stays!.join()).call_id
    await drops!.join(second)
    await stays!.next()

    await drops!.drop()

    const left = [await stays!.next(), await stays!.next()]
    expect(left.map(({ call_id }) => call_id).sort()).toEqual([callId, second].sort())
    for (const frame of left) {
      expect(frame).toMatchObject({ type: 'peer-leave', node_id: drops!.id })
    }
  })

  it('is what a replaced connection does; the newer one of the node joins again', async () => {
    const { callId, members } = await connectCall(hub, 2)
    const [stays, replaced] = members

    const newer = await reconnect(replaced!.node, 2)

    expect(await stays!.next()).toEqual({
      type: 'peer-leave',
      call_id: callId,
      node_id: newer.id,
    })
    expect((await newer.join(callId)).node_ids).toEqual([stays!.id, newer.id])
    expect(await stays!.next()).toEqual({ type: 'peer-join', call_id: callId, node_id: newer.id })
    stays!.send({ type: 'signal', call_id: callId, payload: 1 })
    expect(await newer.next()).toMatchObject({ type: 'signal', payload: 1 })
    expect((await replaced!.socket.closed).code).toBe(4500)
  })

  it('of the last member ends the call: who joins then makes it anew', async () => {
    const { callId, members } = await connectCall(hub, 1)
    members[0]!.send({ type: 'leave', call_id: callId })
    expect(await members[0]!.settled()).toEqual([])
    const newcomer = await connectMember(hub)

    expect((await newcomer.join(callId)).node_ids).toEqual([newcomer.id])
    newcomer.send({ type: 'close', call_id: callId })
    expect(await newcomer.next()).toEqual({ type: 'closed', call_id: callId })
  })
})

describe('close', () => {
  it('by who made the call ends it for all', async () => {
    const { callId, members } = await connectCall(hub, 3)
    members[0]!.send({ type: 'close', call_id: callId, ref: 'r' })

    for (const member of members) {
      expect(await member.next()).toEqual({ type: 'closed', call_id: callId })
    }
    expect(await members[0]!.next()).toEqual({ type: 'ack', ref: 'r' })
    members[1]!.send({ type: 'signal', call_id: callId, payload: 1 })
    expect(await members[1]!.next()).toMatchObject({ code: 'unknown_room' })
  })

  it('by anybody else is not_allowed, and changes nothing', async () => {
    const { callId, members } = await connectCall(hub, 2)
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
    const { callId, members } = await connectCall(hub, 3)
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

describe('a call in which nothing happens', () => {
  it('is closed after half an hour; a signal makes it last', async () => {
    const [quiet, lively] = [await connectCall(hub, 2), await connectCall(hub, 2)]
    const real = performance.now.bind(performance)
    let moved = 29 * 60_000
    jest.spyOn(performance, 'now').mockImplementation(() => real() + moved)
    lively.members[0]!.send({ type: 'signal', call_id: lively.callId, payload: 1, ref: 'r' })
    expect(await lively.members[0]!.next()).toEqual({ type: 'ack', ref: 'r' })
    for (const { members } of [quiet, lively]) {
      for (const member of members) await member.settled()
    }

    moved += 60_000

    for (const member of quiet.members) {
      expect(await member.next()).toEqual({ type: 'closed', call_id: quiet.callId })
    }
    expect(await lively.members[1]!.settled()).toEqual([])
  })
})

describe('a member of a call that does not read', () => {
  it('is closed rather than told a part of who comes and goes, and the others see it leave', async () => {
    const { callId, members } = await connectCall(hub, 3)
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
    const joiner = await connectMember(hub)
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
