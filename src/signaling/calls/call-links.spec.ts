import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import fc from 'fast-check'

import { CallNetwork, CallNode, newCall } from '../../../test/support/call-network.js'

/** What a node does next: join or leave, or signal; then so many milliseconds pass. */
const step = fc.record({
  node: fc.nat({ max: 5 }),
  signals: fc.boolean(),
  pauseMs: fc.constantFrom(0, 1, 5, 1_200),
})
const scenario = fc.record({
  steps: fc.array(step, { minLength: 1, maxLength: 30 }),
  loss: fc.constantFrom(0, 0.1, 0.5),
  seed: fc.integer({ min: 1, max: 1_000_000 }),
})

beforeEach(() => {
  jest.useFakeTimers()
})

afterEach(() => {
  jest.useRealTimers()
})

/** Two nodes at each of three instances. */
function crowd(seed: number): { network: CallNetwork; nodes: CallNode[] } {
  const network = new CallNetwork(3, randomFrom(seed))
  const nodes = Array.from(
    { length: 6 },
    (_each, index) => new CallNode(network.hubs[index % 3]!, index),
  )
  return { network, nodes }
}

/** Park and Miller: the same numbers for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647
}

async function pass(milliseconds: number): Promise<void> {
  await jest.advanceTimersByTimeAsync(milliseconds)
}

describe('calls of instances whose messages are lost without a word', () => {
  it('have one roster everywhere two minutes later, and every signal was answered once', async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async ({ steps, loss, seed }) => {
        const { network, nodes } = crowd(seed)
        const callId = newCall()
        const isIn = new Set<CallNode>()
        const signals: {
          readonly sender: CallNode
          readonly n: number
          readonly to: CallNode[]
        }[] = []
        network.loss = loss
        for (const { node: index, signals: isSignal, pauseMs } of steps) {
          const node = nodes[index]!
          if (isSignal) {
            const n = signals.length
            const to = nodes.filter((each) => each !== node && node.believed.has(each.nodeId))
            if (node.believed.size > 0) signals.push({ sender: node, n, to })
            if (node.believed.size > 0) node.signal(callId, n)
          } else if (isIn.delete(node)) node.leave(callId)
          else {
            isIn.add(node)
            node.join(callId)
          }
          await pass(pauseMs)
        }
        network.loss = 0
        await pass(120_000)

        const members = [...isIn].map(({ nodeId }) => nodeId).sort()
        for (const node of isIn) expect([...node.believed].sort()).toEqual(members)
        const held = network.hubs.flatMap(({ held }) => held.get(callId) ?? [])
        for (const { roster } of held) {
          expect([...roster.nodeIds].sort()).toEqual(members)
          expect(roster.nodeIds).toEqual(held[0]!.roster.nodeIds)
        }
        for (const { sender, n, to } of signals) {
          expect(sender.answers.get(n)).toHaveLength(1)
          if (sender.answers.get(n)?.[0] !== 'ack') continue
          // Whoever had left by then was told of as such.
          for (const node of to.filter((each) => isIn.has(each) && !hasLeft(each))) {
            expect(node.heard.filter((each) => each === n)).toEqual([n])
          }
        }

        for (const node of isIn) node.hub.disconnect(node)
        await pass(100)
        for (const { held } of network.hubs) expect(held.size).toBe(0)
        network.end()
      }),
      { numRuns: 100 },
    )
  }, 60_000)

  it('are closed everywhere in the end when their owner closes them', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 1_000_000 }), async (seed) => {
        const { network, nodes } = crowd(seed)
        const callId = newCall()
        for (const node of nodes) {
          node.join(callId)
          await pass(1_100)
        }
        network.loss = 0.7
        nodes[0]!.close(callId)
        await pass(60_000)

        for (const { believed } of nodes) expect(believed.size).toBe(0)
        for (const { held } of network.hubs) expect(held.size).toBe(0)
        network.end()
      }),
      { numRuns: 50 },
    )
  }, 60_000)

  it('let nobody hear a stranger: a member whose coming was lost comes with what it says', async () => {
    const { network, nodes } = crowd(1)
    const [one, two] = [nodes[0]!, nodes[1]!]
    const callId = newCall()
    one.join(callId)
    await pass(100)
    network.isLost = (message, to) =>
      message.kind === 'call_members' && message.members.length > 0 && to === one.hub.id
    two.join(callId)
    await pass(2_000)
    expect([...one.believed]).toEqual([one.nodeId])

    two.signal(callId, 7)
    await pass(100)

    expect([...one.believed].sort()).toEqual([one.nodeId, two.nodeId])
    expect(one.heard).toEqual([7])
    expect(two.answers.get(7)).toEqual(['ack'])
    network.end()
  })
})

describe('a call of three instances', () => {
  async function threeApart() {
    const { network, nodes } = crowd(1)
    const [one, two, three] = [nodes[0]!, nodes[1]!, nodes[2]!]
    const callId = newCall()
    for (const node of [one, two, three]) {
      node.join(callId)
      await pass(100)
    }
    return { network, callId, one, two, three }
  }

  it('is known to who joins as soon as those who hold it have answered', async () => {
    const { network, one, two, three } = await threeApart()

    const all = [one.nodeId, two.nodeId, three.nodeId]
    for (const node of [one, two, three]) expect([...node.believed].sort()).toEqual(all)
    network.end()
  })

  it('acknowledges a signal when both others have confirmed it, and names who has not', async () => {
    const { network, callId, one, two, three } = await threeApart()
    network.isLost = (message, to) => message.kind === 'call_signal' && to === three.hub.id
    one.signal(callId, 1)
    await pass(1_000)
    expect(two.heard).toEqual([1])
    expect(one.answers.get(1)).toBeUndefined()

    await pass(2_000)

    expect(one.answers.get(1)).toEqual([`relay_failed ${three.nodeId}`])
    network.end()
  })

  it('does not wait for the word of an instance whose members have left meanwhile', async () => {
    const { network, callId, one, two, three } = await threeApart()
    three.leave(callId)
    one.signal(callId, 1)

    await pass(100)

    expect(one.answers.get(1)).toEqual(['ack'])
    expect(two.heard).toEqual([1])
    expect(one.believed.has(three.nodeId)).toBe(false)
    network.end()
  })

  it('is one when two make it, of whom the one took its place after the other had told of itself', async () => {
    const { network, nodes } = crowd(1)
    const [quick, slow] = [nodes[0]!, nodes[1]!]
    network.takesMs = (hub) => (hub === slow.hub ? 50 : 0)
    const callId = newCall()
    for (const node of [slow, quick]) node.join(callId)

    await pass(100)

    const both = [quick.nodeId, slow.nodeId]
    for (const node of [quick, slow]) expect([...node.believed].sort()).toEqual(both)
    network.end()
  })

  it('is a new one for who was about to join when it was closed', async () => {
    for (let meanwhileMs = 0; meanwhileMs < 10; meanwhileMs++) {
      const { network, nodes } = crowd(1)
      const [owner, late] = [nodes[0]!, nodes[1]!]
      const callId = newCall()
      owner.join(callId)
      await pass(100)
      late.join(callId)
      await pass(meanwhileMs)

      owner.close(callId)
      await pass(2_000)

      expect(owner.believed.size).toBe(0)
      if (late.believed.size > 0) expect([...late.believed]).toEqual([late.nodeId])
      const rosters = network.hubs.flatMap(({ held }) => held.get(callId)?.roster.nodeIds ?? [])
      expect(rosters).toEqual([...late.believed])
      network.end()
    }
  })

  it('keeps waiting for nobody beyond two seconds, whatever answers come later', async () => {
    const { network, callId, one } = await threeApart()
    network.isLost = (message) => message.kind === 'call_handled'
    one.signal(callId, 1)
    await pass(3_000)
    expect(one.answers.get(1)).toEqual(['relay_failed'])
    network.isLost = () => false

    one.signal(callId, 2)
    await pass(3_000)

    expect(one.answers.get(1)).toEqual(['relay_failed'])
    expect(one.answers.get(2)).toEqual(['ack'])
    network.end()
  })
})

function hasLeft(node: CallNode): boolean {
  return node.answers.has('leave')
}
