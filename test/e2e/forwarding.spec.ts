import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'

import { askedBy, offline } from '../support/answers.js'
import { at, startHubs, type TestHubs } from '../support/hubs.js'
import { connectModern } from '../support/modern-client.js'
import type { TestNode } from '../support/test-node.js'
import { selfSigned } from '../support/x509.js'

let hubs: TestHubs
let alice: TestNode
let bob: TestNode

beforeAll(async () => {
  hubs = await startHubs(2, 'postgres', { env: { RATE_LIMIT_ENABLED: 'false' } })
  alice = await hubs.at(0).connectNode()
  bob = await hubs.at(1).connectNode()
})

afterAll(() => hubs[Symbol.asyncDispose]())

describe('a signal to a node at another instance', () => {
  it('arrives as if both were at one', async () => {
    alice.signal(bob, { type: 'offer', n: 1 })
    expect(await bob.next()).toEqual({
      type: 'signal',
      target_node_id: bob.id,
      sender_node_id: alice.id,
      payload: { type: 'offer', n: 1 },
    })
    expect(await askedBy(alice, bob)).toBe('ack')
    expect(await bob.next()).toMatchObject({ sender_node_id: alice.id })
  })
  it('offline', async () => {
    const node = await hubs.at(1).registeredNode()
    expect(await askedBy(alice, node)).toBe('target_offline')
    expect(await askedBy(alice, { id: selfSigned().nodeId })).toBe('target_offline')
  })
  it('replaced', async () => {
    const node = await hubs.at(1).connectNode()
    const there = at(hubs.at(0), node)
    await there.connect()
    expect(await node.closed).toMatchObject({ code: 4500 })
    expect(await askedBy(bob, node)).toBe('ack')
    expect((await there.next()).sender_node_id).toBe(bob.id)
    await there.disconnect()
    await offline(bob, node)
  })
  it('resumes', async () => {
    const node = await hubs.at(1).registeredNode()
    const lost = await connectModern(node)
    lost.socket.socket.pause()
    expect(await askedBy(alice, node, 1)).toBe('ack')
    expect(await askedBy(alice, node, 2)).toBe('ack')
    const back = await connectModern(at(hubs.at(0), node))
    back.socket.send({ type: 'resume', connection_id: lost.greeting.connection_id, last_seq: 0 })
    expect(await back.socket.next()).toEqual({ type: 'resumed', from_seq: 1 })
    expect(await back.socket.next()).toMatchObject({ payload: 1, seq: 1 })
    expect(await back.socket.next()).toMatchObject({ payload: 2, seq: 2 })
    expect(await askedBy(alice, node, 3)).toBe('ack')
    lost.socket.socket.terminate()
  })
})
