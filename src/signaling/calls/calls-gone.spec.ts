import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'

import { CallNetwork, CallNode, newCall } from '../../../test/support/call-network.js'

beforeEach(() => {
  jest.useFakeTimers()
})

afterEach(() => {
  jest.useRealTimers()
})

async function pass(milliseconds: number): Promise<void> {
  await jest.advanceTimersByTimeAsync(milliseconds)
}

describe('the end of an instance', () => {
  const CALLS = 300

  /** Calls of two nodes of two instances each, and signals that nobody confirms. */
  async function manyCalls() {
    const network = new CallNetwork(3)
    const [one, two, three] = network.hubs.map((hub, number) => new CallNode(hub, number))
    network.isLost = (message) => message.kind === 'call_handled'
    const pairs = []
    for (let count = 0; count < CALLS; count++) {
      const pair = [0, 1].map((hub) => new CallNode(network.hubs[hub]!, 100 + 2 * count + hub))
      const callId = newCall()
      for (const node of pair) node.join(callId)
      pairs.push({ callId, sender: pair[0]!, peer: pair[1]! })
    }
    const callId = newCall()
    for (const node of [one!, two!, three!]) node.join(callId)
    await pass(1_500)
    one!.signal(callId, 1)
    for (const { sender, callId } of pairs) sender.signal(callId, 1)
    await pass(100)
    return { network, pairs, one: one!, two: two!, three: three! }
  }

  it('takes steps for what is under way and for its calls, and none for each of both', async () => {
    const { network, pairs } = await manyCalls()
    const steps = countSteps()
    network.hubs[0]!.lose('hub-2')
    const ofAStranger = steps.stop()
    const more = countSteps()
    network.hubs[0]!.lose('hub-1')
    const ofAMember = more.stop()

    expect(ofAStranger).toBeGreaterThan(CALLS)
    expect(ofAStranger).toBeLessThan(10 * CALLS)
    expect(ofAMember).toBeLessThan(50 * CALLS)
    for (const { sender } of pairs) expect(sender.answers.get(1)).toEqual(['ack'])
    network.end()
  })

  it('ends the waiting for it alone, and takes its members out of their calls', async () => {
    const { network, pairs, one, two, three } = await manyCalls()

    network.hubs[0]!.lose('hub-2')

    expect([...one.believed].sort()).toEqual([one.nodeId, two.nodeId])
    expect(one.believed.has(three.nodeId)).toBe(false)
    for (const { sender, peer } of pairs) {
      expect([...sender.believed].sort()).toEqual([sender.nodeId, peer.nodeId])
      expect(sender.answers.get(1)).toBeUndefined()
    }
    expect(one.answers.get(1)).toBeUndefined()
    network.hubs[0]!.lose('hub-1')
    expect(one.answers.get(1)).toEqual(['ack'])
    network.end()
  })
})

/** Counts how often a Map or a Set is asked for its next entry. */
function countSteps(): { stop(): number } {
  const iterators = [new Map().keys(), new Set().keys()].map((iterator): Iterator<unknown> =>
    Object.getPrototypeOf(iterator),
  )
  const spies = iterators.map((iterator) => jest.spyOn(iterator, 'next'))
  return {
    stop() {
      const steps = spies.reduce((sum, { mock }) => sum + mock.calls.length, 0)
      for (const spy of spies) spy.mockRestore()
      return steps
    },
  }
}
