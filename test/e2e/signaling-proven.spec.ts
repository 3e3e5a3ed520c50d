import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'

import { startHub, type TestHub } from '../support/hub.js'
import { upgrade } from '../support/test-node.js'
import type { TestSocket, TestNode } from '../support/test-node.js'

let hub: TestHub

beforeAll(async () => {
  hub = await startHub({ env: { RATE_LIMIT_ENABLED: 'false' } })
})

afterAll(() => hub[Symbol.asyncDispose]())

async function connectModern(node: TestNode): Promise<TestSocket> {
  const { socket } = await upgrade(`${hub.socketUrl}?v=2&token=${node.token}`)
  if (!socket) throw new Error('the upgrade was refused')
  expect(await socket.next()).toMatchObject({ type: 'auth_ok', node_id: node.id })
  return socket
}

describe('a signal to a target that asked for v=2', () => {
  it('says that the sender has only shown a certificate, and which key that has', async () => {
    const [sender, target] = [await hub.connectNode(), await hub.registeredNode()]
    const socket = await connectModern(target)

    sender.signal(target, { type: 'offer' })

    expect(await socket.next()).toEqual({
      type: 'signal',
      target_node_id: target.id,
      sender_node_id: sender.id,
      sender_proven: false,
      sender_spki_sha256: sender.identity.spkiSha256,
      // One of the two gives way: the node with the smaller id.
      polite: target.id < sender.id,
      payload: { type: 'offer' },
      seq: 1,
    })
  })

  it('says that the sender has signed with its key, from the moment it has', async () => {
    const [sender, target] = [await hub.connectNode(), await hub.registeredNode()]
    const socket = await connectModern(target)

    expect((await sender.prove()).status).toBe(200)
    sender.signal(target, { type: 'offer' })

    expect(await socket.next()).toMatchObject({ sender_proven: true })
  })
})

describe('a signal to a classic target', () => {
  it('has the four keys it always had, whoever sent it', async () => {
    const [sender, target] = [await hub.connectNode(), await hub.connectNode()]
    await sender.prove()

    sender.signal(target, { type: 'offer' })

    expect(Object.keys(await target.next())).toEqual([
      'type',
      'target_node_id',
      'sender_node_id',
      'payload',
    ])
  })
})
