import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'

import { startHub, type TestHub } from '../support/hub.js'
import { connectModern, type ModernConnection } from '../support/modern-client.js'
import type { TestNode } from '../support/test-node.js'

let hub: TestHub

beforeAll(async () => {
  hub = await startHub({ env: { RATE_LIMIT_ENABLED: 'false' } })
})

afterAll(() => hub[Symbol.asyncDispose]())

/** A sender, and a node whose client comes and goes. */
async function peers(): Promise<{ sender: TestNode; node: TestNode }> {
  return { sender: await hub.connectNode(), node: await hub.registeredNode() }
}

/** Hands `count` signals over; resolves when they are on their way to the target. */
async function send(sender: TestNode, target: TestNode, ...numbers: number[]): Promise<void> {
  for (const number of numbers) sender.signal(target, number)
  expect(await sender.socket.settled()).toEqual([])
}

function resume(
  { socket }: ModernConnection,
  { greeting }: ModernConnection,
  lastSeq: number,
): void {
  socket.send({
    type: 'resume',
    connection_id: greeting.connection_id,
    last_seq: lastSeq,
  })
}

describe('a client that comes back after a drop', () => {
  it('gets the signals again that its lost connection was sent and it did not get', async () => {
    const { sender, node } = await peers()
    const lost = await connectModern(node)
    lost.socket.socket.pause()
    await send(sender, node, 1, 2, 3)
    lost.socket.socket.terminate()

    const back = await connectModern(node)
    resume(back, lost, 1)

    expect(await back.socket.next()).toEqual({ type: 'resumed', from_seq: 2 })
    expect(await back.socket.next()).toMatchObject({ payload: 2, seq: 2 })
    expect(await back.socket.next()).toMatchObject({ payload: 3, seq: 3 })
    await send(sender, node, 4)
    expect(await back.socket.next()).toMatchObject({ payload: 4, seq: 4 })
  })

  it('gets them too while the hub still takes the lost connection for alive', async () => {
    const { sender, node } = await peers()
    const lost = await connectModern(node)
    lost.socket.socket.pause()
    await send(sender, node, 1)

    const back = await connectModern(node)
    resume(back, lost, 0)

    expect(await back.socket.next()).toEqual({ type: 'resumed', from_seq: 1 })
    expect(await back.socket.next()).toMatchObject({ payload: 1, seq: 1 })
    lost.socket.socket.terminate()
  })

  it('gets payloads again as their sender wrote them', async () => {
    const { sender, node } = await peers()
    const lost = await connectModern(node)
    const payload = '{ "n" : 12345678901234567890, "text":"п\\u0301" }'
    sender.send(`{"type":"signal","target_node_id":"${node.id}","payload":${payload}}`)
    const first = await lost.socket.nextText()
    lost.socket.socket.terminate()

    const back = await connectModern(node)
    resume(back, lost, 0)
    await back.socket.next()

    expect(await back.socket.nextText()).toBe(first)
    expect(first).toContain(payload)
  })

  it('goes on after numbers the new connection was already given', async () => {
    const { sender, node } = await peers()
    const lost = await connectModern(node)
    await send(sender, node, 1)
    lost.socket.socket.terminate()
    const back = await connectModern(node)
    await send(sender, node, 2, 3)
    expect(await back.socket.next()).toMatchObject({ payload: 2, seq: 1 })
    expect(await back.socket.next()).toMatchObject({ payload: 3, seq: 2 })

    resume(back, lost, 0)

    expect(await back.socket.next()).toEqual({ type: 'resumed', from_seq: 3 })
    expect(await back.socket.next()).toMatchObject({ payload: 1, seq: 3 })
  })

  it('gets what was given again once more, when it drops before it got it', async () => {
    const { sender, node } = await peers()
    const lost = await connectModern(node)
    await send(sender, node, 1)
    lost.socket.socket.terminate()
    const again = await connectModern(node)
    resume(again, lost, 0)
    await again.socket.settled()
    again.socket.socket.terminate()

    const back = await connectModern(node)
    resume(back, again, 0)

    expect(await back.socket.next()).toEqual({ type: 'resumed', from_seq: 1 })
    expect(await back.socket.next()).toMatchObject({ payload: 1, seq: 1 })
  })

  it('gets all of it once more when it got none of it, whatever its numbers were before', async () => {
    const { sender, node } = await peers()
    const lost = await connectModern(node)
    await send(sender, node, 1, 2, 3)
    await lost.socket.settled()
    lost.socket.socket.terminate()
    const again = await connectModern(node)
    resume(again, lost, 2)
    await again.socket.settled()
    again.socket.socket.terminate()

    const back = await connectModern(node)
    resume(back, again, 0)

    expect(await back.socket.next()).toMatchObject({ type: 'resumed' })
    expect(await back.socket.next()).toMatchObject({ payload: 3 })
  })

  it('hears what became of its own signals with a ref', async () => {
    const { sender: other, node } = await peers()
    const lost = await connectModern(node)
    lost.socket.send({ type: 'signal', target_node_id: other.id, payload: 1, ref: 'one' })
    await other.next()
    lost.socket.send({ type: 'signal', target_node_id: 'nobody', payload: 2, ref: 2 })
    await lost.socket.settled()
    lost.socket.socket.terminate()

    const back = await connectModern(node)
    resume(back, lost, 0)

    expect(await back.socket.next()).toMatchObject({ type: 'resumed' })
    expect(await back.socket.next()).toEqual({ type: 'ack', ref: 'one' })
    expect(await back.socket.next()).toMatchObject({ code: 'target_offline', ref: 2 })
  })

  it('gets nothing that was sent while it had no connection: that was refused', async () => {
    const { sender, node } = await peers()
    const lost = await connectModern(node)
    lost.socket.socket.close()
    await lost.socket.closed
    sender.send({ type: 'signal', target_node_id: node.id, payload: 1, ref: 1 })
    expect(await sender.next()).toMatchObject({ code: 'target_offline', ref: 1 })

    const back = await connectModern(node)
    resume(back, lost, 0)

    expect(await back.socket.next()).toEqual({ type: 'resumed', from_seq: 1 })
    expect(await back.socket.settled()).toEqual([])
  })
})

describe('resume_failed', () => {
  const refused = { type: 'error', code: 'resume_failed' }

  it('answers for a connection that nobody knows', async () => {
    const back = await connectModern(await hub.registeredNode())
    back.socket.send({ type: 'resume', connection_id: 'nobody.knows', last_seq: 0 })

    expect(await back.socket.next()).toMatchObject(refused)
  })

  it('answers for the connection of another node, which keeps what it missed', async () => {
    const { sender, node } = await peers()
    const lost = await connectModern(node)
    await send(sender, node, 1)
    lost.socket.socket.terminate()
    await lost.socket.closed
    const thief = await connectModern(await hub.registeredNode())
    resume(thief, lost, 0)
    expect(await thief.socket.next()).toMatchObject(refused)

    const back = await connectModern(node)
    resume(back, lost, 0)

    expect(await back.socket.next()).toMatchObject({ type: 'resumed' })
    expect(await back.socket.next()).toMatchObject({ payload: 1 })
  })

  it('answers the second time: what was missed is on its way already', async () => {
    const node = await hub.registeredNode()
    const lost = await connectModern(node)
    lost.socket.socket.terminate()
    const back = await connectModern(node)
    resume(back, lost, 0)
    expect(await back.socket.next()).toMatchObject({ type: 'resumed' })

    resume(back, lost, 0)

    expect(await back.socket.next()).toMatchObject(refused)
  })

  it('answers a number the lost connection never gave', async () => {
    const node = await hub.registeredNode()
    const lost = await connectModern(node)
    lost.socket.socket.terminate()
    const back = await connectModern(node)
    resume(back, lost, 1)

    expect(await back.socket.next()).toMatchObject(refused)
  })

  it('answers when more came than the hub keeps', async () => {
    const { sender, node } = await peers()
    const lost = await connectModern(node)
    for (let batch = 0; batch < 6; batch++) {
      await send(sender, node, ...Array.from({ length: 50 }, (_, at) => 50 * batch + at))
      await lost.socket.settled()
    }
    lost.socket.socket.terminate()
    const back = await connectModern(node)

    resume(back, lost, 0)
    expect(await back.socket.next()).toMatchObject(refused)
    resume(back, lost, 299)
    expect(await back.socket.next()).toEqual({ type: 'resumed', from_seq: 300 })
  })

  it('answers a session that has ended and begun anew as another account', async () => {
    const node = await hub.registeredNode()
    const lost = await connectModern(node)
    const heir = await hub.nodeOf(node.identity)
    expect((await heir.prove()).status).toBe(201)
    expect((await lost.socket.closed).code).toBe(4502)
    const back = await connectModern(heir)

    resume(back, lost, 0)

    expect(await back.socket.next()).toMatchObject(refused)
  })

  it('answers a classic client, which has no numbers', async () => {
    const node = await hub.connectNode()
    node.send({ type: 'resume', connection_id: 'x', last_seq: 0 })

    expect(await node.next()).toMatchObject(refused)
  })
})
