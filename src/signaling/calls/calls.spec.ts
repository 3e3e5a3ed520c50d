import { describe, expect, it } from '@jest/globals'

import { CallNetwork, CallNode, newCall } from '../../../test/support/call-network.js'

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
