import { describe, expect, it } from '@jest/globals'

import { CallNetwork, CallNode, newCall } from '../../../test/support/call-network.js'
import { until } from '../../../test/support/until.js'

/** So many nodes at one instance, which is alone. */
function crowd(count: number) {
  const network = new CallNetwork(1)
  const [hub] = network.hubs
  const nodes = Array.from({ length: count }, (_each, number) => new CallNode(hub!, number))
  return { hub: hub!, nodes }
}

describe('the calls of one instance', () => {
  it('are 10,000 at most; who would make one more is told to wait, and may when one has ended', () => {
    const { hub, nodes } = crowd(1_251)
    for (const node of nodes.slice(0, 1_250)) {
      for (let count = 0; count < 8; count++) node.join(newCall())
    }
    const late = nodes.at(-1)!
    late.join(newCall())
    expect([hub.held.size, late.answers.get('join')]).toEqual([10_000, ['room_full']])

    hub.disconnect(nodes[0]!)
    late.join(newCall())

    expect([...late.believed]).toEqual([late.nodeId])
    hub.end()
  })

  it('are none when all connections have ended, however they were made, joined and left', () => {
    const { hub, nodes } = crowd(40)
    const ids = Array.from({ length: 20 }, newCall)
    for (let round = 0; round < 5_000; round++) {
      const node = nodes[(round * 7) % nodes.length]!
      const callId = ids[(round * 11) % ids.length]!
      if (round % 3 === 0) node.leave(callId)
      else node.join(callId)
    }
    expect(hub.held.size).toBeGreaterThan(0)

    for (const node of nodes) hub.disconnect(node)

    expect(hub.held.size).toBe(0)
    for (const { connection } of nodes) expect(hub.held.of(connection as never).size).toBe(0)
    hub.end()
  })
})

describe('a connection that is in eight calls', () => {
  it('costs the carrier nothing when it would join more, and may have its eight again', async () => {
    const network = new CallNetwork(2)
    const node = new CallNode(network.hubs[0]!, 1)
    const ids = Array.from({ length: 8 }, newCall)
    for (const id of ids) node.join(id)
    await until(() => node.answers.size > 0 || node.joined === 8)
    const questions = network.questions

    for (let count = 0; count < 100; count++) node.join(newCall())
    for (const id of ids) node.join(id)

    expect(node.answers.get('join')).toEqual(Array.from({ length: 100 }, () => 'not_allowed'))
    expect(node.joined).toBe(16)
    expect(network.questions).toBe(questions)
    network.end()
  })

  it('is one also while the carrier has not yet told who is in them', async () => {
    const network = new CallNetwork(2)
    const node = new CallNode(network.hubs[0]!, 1)
    const ids = Array.from({ length: 8 }, newCall)
    for (const id of [...ids, ...ids]) node.join(id)

    for (let count = 0; count < 100; count++) node.join(newCall())

    expect(network.hubs[0]!.held.size).toBe(8)
    await until(() => node.joined === 16)
    expect(node.answers.get('join')).toHaveLength(100)
    network.hubs[0]!.disconnect(node)
    expect(network.hubs[0]!.held.size).toBe(0)
    network.end()
  })

  it('leaves nothing behind when it ends before it was let in', async () => {
    const network = new CallNetwork(2)
    const [hub] = network.hubs
    const node = new CallNode(hub!, 1)
    for (let count = 0; count < 8; count++) node.join(newCall())

    hub!.disconnect(node)

    expect(hub!.held.of(node.connection as never).size).toBe(0)
    expect(hub!.held.ofAccount(1).size).toBe(0)
    await until(() => hub!.held.size === 0)
    network.end()
  })
})

describe('the nodes of one account', () => {
  it('hold 64 calls of an instance between them, and may all be in the same', () => {
    const { hub } = crowd(0)
    const nodes = Array.from({ length: 100 }, (_each, number) => new CallNode(hub, number, 7))
    const ids = Array.from({ length: 64 }, newCall)
    for (const [index, id] of ids.entries()) nodes[index % 8]!.join(id)
    const late = nodes.at(-1)!

    late.join(newCall())
    expect(late.answers.get('join')).toEqual(['not_allowed'])
    late.join(ids[0]!)
    expect(late.believed.size).toBe(2)
    new CallNode(hub, 200, 8).join(newCall())
    expect(hub.held.size).toBe(65)

    nodes[1]!.leave(ids[1]!)
    late.join(newCall())
    expect([late.joined, hub.held.size]).toEqual([2, 65])
    for (const node of nodes) hub.disconnect(node)
    expect([hub.held.ofAccount(7).size, hub.held.size]).toEqual([0, 1])
    hub.end()
  })
})
