import { setImmediate as nextTurn } from 'node:timers/promises'

import { beforeEach, describe, expect, it } from '@jest/globals'

import type { ActorNode } from '../identity/actor.js'
import { nodeIdSchema } from '../identity/node-id.js'
import { Bundles } from './bundles.js'

const ID = nodeIdSchema.parse('dpc-node-0123456789abcdef')
const sender: ActorNode = {
  spkiSha256: '',
  nodeId: ID,
  shortId: ID,
  longId: ID,
  isProven: false,
}

let sent: [instance: string, numbers: number[], bytes: number[], payloads: string][]
let bundles: Bundles

beforeEach(() => {
  sent = []
  bundles = new Bundles((instance, { signals, payloads }) => {
    const numbers = signals.map(({ n }) => n)
    sent.push([instance, numbers, signals.map(({ bytes }) => bytes), payloads.join('')])
  })
})

function add(instance: string, n: number, payload: string): void {
  bundles.add(instance, { n, target: ID, sender }, payload)
}

describe('signals that go to other instances', () => {
  it('go together with those of the same turn, in their order, each instance’s own', async () => {
    add('one', 1, '"a"')
    add('two', 2, '{}')
    add('one', 3, '"я"')
    expect(sent).toEqual([])
    await nextTurn()

    expect(sent).toEqual([
      ['one', [1, 3], [3, 4], '"a""я"'],
      ['two', [2], [2], '{}'],
    ])
    add('one', 4, '0')
    await nextTurn()
    expect(sent[2]).toEqual(['one', [4], [1], '0'])
  })

  it('go at once when they are told to, and not again', async () => {
    add('one', 1, '1')
    bundles.flush()
    expect(sent).toHaveLength(1)
    add('one', 2, '2')
    await nextTurn()

    expect(sent.map(([, numbers]) => numbers)).toEqual([[1], [2]])
  })

  it('go at once when they are many, or large', () => {
    for (let n = 0; n < 201; n++) add('one', n, '')
    expect(sent.map(([, numbers]) => numbers.length)).toEqual([200])
    add('one', 201, 'x'.repeat(262_144))
    expect(sent).toHaveLength(2)
  })
})
