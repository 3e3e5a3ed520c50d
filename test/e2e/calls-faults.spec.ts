import { randomUUID } from 'node:crypto'

import { describe, expect, it } from '@jest/globals'

import { type CallMember, connectMember, reconnect } from '../support/call-members.js'
import { FaultProxy } from '../support/fault-proxy.js'
import { freePort } from '../support/free-port.js'
import { startHub, type TestHub } from '../support/hub.js'
import { startProcessBeside } from '../support/process-beside.js'
import { RedisProcess } from '../support/redis-process.js'
import { withRedis } from '../support/with-redis.js'

const RATES_OFF = { RATE_LIMIT_ENABLED: 'false' }

interface Apart extends AsyncDisposable {
  readonly here: TestHub
  readonly there: TestHub
  /** Between the instance there and what carries messages between the two. */
  readonly wire: FaultProxy
}

/** Two instances; over Postgres the one there loses its database with its carrier. */
async function overPostgres(): Promise<Apart> {
  const here = await startHub({ env: RATES_OFF })
  const wire = await FaultProxy.before(here.database.url)
  const there = await startHub({
    database: here.database,
    databaseUrl: wire.through(here.database.url),
    env: { ...RATES_OFF, PUBLIC_URL: here.url },
  })
  return { here, there, wire, [Symbol.asyncDispose]: endOf(wire, there, here, wire) }
}

async function overRedis(): Promise<Apart> {
  const redis = await RedisProcess.start(await freePort())
  const wire = await FaultProxy.before(redis.url)
  const here = await startHub({ env: { ...RATES_OFF, REDIS_URL: redis.url } })
  const there = await startHub({
    database: here.database,
    env: { ...RATES_OFF, PUBLIC_URL: here.url, REDIS_URL: wire.through(redis.url) },
  })
  return { here, there, wire, [Symbol.asyncDispose]: endOf(wire, there, here, wire, redis) }
}

/** Mends the wire, then ends all in this order. */
function endOf(wire: FaultProxy, ...all: readonly AsyncDisposable[]): () => Promise<void> {
  return async () => {
    wire.restore()
    for (const each of all) await each[Symbol.asyncDispose]()
  }
}

/** One member here and two there, in one call that the one here has made. */
async function oneHereTwoThere({ here, there }: { here: TestHub; there: TestHub }): Promise<{
  callId: string
  one: CallMember
  two: CallMember
  three: CallMember
}> {
  const [one, two, three] = [
    await connectMember(here),
    await connectMember(there),
    await connectMember(there),
  ]
  const { call_id: callId } = await one.join()
  await two.join(callId, [one])
  await three.join(callId, [one, two])
  await one.follow([one.id], [one.id, two.id, three.id])
  await two.follow([one.id, two.id], [one.id, two.id, three.id])
  return { callId, one, two, three }
}

function partingScenarios(twoInstances: () => Promise<Apart>): void {
  describe('while nothing goes between two instances', () => {
    it.each([
      ['cut', (wire: FaultProxy) => wire.cut()],
      ['frozen', (wire: FaultProxy) => wire.freeze()],
    ])(
      'a signal to a call reaches who is near, and its sender is told who was not reached (%s)',
      async (_how, fail) => {
        await using hubs = await twoInstances()
        const { callId, one, two, three } = await oneHereTwoThere(hubs)
        fail(hubs.wire)

        two.send({ type: 'signal', call_id: callId, payload: 'near' })
        one.send({ type: 'signal', call_id: callId, payload: 'far', ref: 'r' })

        expect(await three.next()).toMatchObject({ type: 'signal', payload: 'near' })
        expect(await two.next()).toEqual({
          type: 'error',
          code: 'relay_failed',
          message: 'a member of the call did not get it',
          target_node_id: one.id,
        })
        expect(await one.next()).toEqual({
          type: 'error',
          code: 'relay_failed',
          message: '2 members of the call did not get it',
          ref: 'r',
        })
      },
    )

    it('the call is not closed by halves: its owner is told to try again', async () => {
      await using hubs = await twoInstances()
      const [owner, guest] = [await connectMember(hubs.there), await connectMember(hubs.here)]
      const { call_id: callId } = await owner.join()
      await guest.join(callId, [owner])
      await owner.follow([owner.id], [owner.id, guest.id])
      hubs.wire.cut()
      owner.send({ type: 'signal', call_id: callId, payload: 1, ref: 's' })
      expect(await owner.next()).toMatchObject({ code: 'relay_failed', ref: 's' })

      owner.send({ type: 'close', call_id: callId, ref: 'c' })
      expect(await owner.next()).toMatchObject({ type: 'error', code: 'relay_failed', ref: 'c' })
      hubs.wire.restore()
      let answer
      do {
        owner.send({ type: 'close', call_id: callId, ref: 'again' })
        do answer = await owner.next()
        while (answer.ref !== 'again' && answer.type !== 'closed')
      } while (answer.type === 'error')

      expect(answer).toEqual({ type: 'closed', call_id: callId })
      do answer = await guest.next()
      while (answer.type !== 'closed')
    })
  })

  describe('when two instances hear each other again', () => {
    it('a call that was made at both meanwhile is one, and its first maker owns it', async () => {
      await using hubs = await twoInstances()
      const { one, two } = await oneHereTwoThere(hubs)
      const callId = randomUUID()
      hubs.wire.cut()
      two.send({ type: 'signal', call_id: callId, payload: 1 })
      expect(await two.next()).toMatchObject({ code: 'unknown_room' })
      one.send({ type: 'join', call_id: callId })
      await until(one, 'joined')
      await nextMillisecond()
      two.send({ type: 'join', call_id: callId })
      await until(two, 'joined')

      hubs.wire.restore()

      await until(one, 'peer-join', callId)
      await until(two, 'peer-join', callId)
      two.send({ type: 'close', call_id: callId, ref: 'c' })
      expect(await until(two, 'error')).toMatchObject({ code: 'not_allowed', ref: 'c' })
      one.send({ type: 'close', call_id: callId })
      for (const member of [one, two]) await until(member, 'closed', callId)
    })

    it('those who left meanwhile have left for all, those who came have come', async () => {
      await using hubs = await twoInstances()
      const { callId, one, two, three } = await oneHereTwoThere(hubs)
      hubs.wire.cut()
      three.send({ type: 'leave', call_id: callId, ref: 'bye' })
      await until(three, 'ack')
      await until(two, 'peer-leave')
      // It has found its way before the wire was cut: somebody who is not connected anew.
      const late = await connectMember(hubs.here)
      await late.join(callId)

      hubs.wire.restore()

      const everybody = [one.id, two.id, late.id]
      await one.follow([one.id, two.id, three.id], everybody)
      await two.follow([one.id, two.id], everybody)
      one.send({ type: 'signal', call_id: callId, payload: 1, ref: 'r' })
      expect(await one.next()).toEqual({ type: 'ack', ref: 'r' })
      expect(await two.next()).toMatchObject({ type: 'signal', payload: 1 })
    })
  })
}

describe('over Postgres', () => partingScenarios(overPostgres))

describe('over Redis', () => withRedis(() => partingScenarios(overRedis)))

describe('when an instance ends', () => {
  it('its members leave, for those at others, before it has closed', async () => {
    await using here = await startHub({ env: RATES_OFF })
    const there = await startHub({
      database: here.database,
      env: { ...RATES_OFF, PUBLIC_URL: here.url },
    })
    const { callId, one, two, three } = await oneHereTwoThere({ here, there })

    await there[Symbol.asyncDispose]()

    const left = [await one.next(), await one.next()]
    expect(left.map(({ type, call_id }) => [type, call_id])).toEqual([
      ['peer-leave', callId],
      ['peer-leave', callId],
    ])
    expect(left.map(({ node_id }) => node_id).sort()).toEqual([two.id, three.id].sort())
  })

  it('what a member says before it has read so still reaches the others', async () => {
    await using here = await startHub({ env: RATES_OFF })
    const there = await startHub({
      database: here.database,
      env: { ...RATES_OFF, PUBLIC_URL: here.url },
    })
    const { callId, one, two } = await oneHereTwoThere({ here, there })
    two.socket.socket.pause()
    const stopped = there[Symbol.asyncDispose]()
    let left
    do left = await until(one, 'peer-leave')
    while (left.node_id !== two.id)

    two.send({ type: 'signal', call_id: callId, payload: 'last' })

    expect(await until(one, 'signal')).toMatchObject({ sender_node_id: two.id, payload: 'last' })
    two.socket.socket.resume()
    await stopped
    expect((await one.settled()).map(({ type }) => type)).not.toContain('peer-join')
  })

  it('by kill -9, its members leave when it has not been heard of for five seconds', async () => {
    await using here = await startHub({ env: RATES_OFF })
    const { process, socketUrl } = await startProcessBeside(here, RATES_OFF)
    await using there = process
    const stays = await connectMember(here)
    const dies = await reconnect(await here.registeredNode(), 2, { socketUrl })
    const { call_id: callId } = await dies.join()
    await stays.join(callId, [dies])
    await dies.follow([dies.id], [dies.id, stays.id])

    await there.kill()

    // Nobody is sure whether it got this; that it is gone is known later.
    stays.send({ type: 'signal', call_id: callId, payload: 1 })
    expect(await stays.next()).toMatchObject({ code: 'relay_failed', target_node_id: dies.id })
    expect(await stays.next()).toEqual({
      type: 'peer-leave',
      call_id: callId,
      node_id: dies.id,
    })
    stays.send({ type: 'close', call_id: callId })
    expect(await stays.next()).toEqual({ type: 'closed', call_id: callId })
  })
})

/** Of joins in the same millisecond, ids and not time say which was first. */
async function nextMillisecond(): Promise<void> {
  const now = Date.now()
  while (Date.now() <= now) await new Promise(setImmediate)
}

/** The next frame of this type, past others: of `callId` if that is given. */
async function until(member: CallMember, type: string, callId?: string) {
  for (;;) {
    const frame = await member.next()
    if (frame.type === type && (callId === undefined || frame.call_id === callId)) return frame
  }
}
