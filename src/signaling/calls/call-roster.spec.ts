import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'

import { type NodeId, nodeIdSchema } from '../../identity/node-id.js'
import { CallRoster, type Member } from './call-roster.js'

/** The id of a node, by a digit. */
function node(digit: number, length: 16 | 32 = 32): NodeId {
  return nodeIdSchema.parse(`dpc-node-${String(digit).repeat(length)}`)
}

function member(digit: number, since: number): Member {
  return { nodeId: node(digit), since }
}

describe('a roster', () => {
  it('names its members by how long they have been in it, whoever holds them', () => {
    const roster = new CallRoster()
    roster.set('b', [member(3, 30), member(1, 10)])
    roster.set('a', [member(2, 20)])

    expect(roster.nodeIds).toEqual([node(1), node(2), node(3)])
    expect(roster.ownerId).toBe(node(1))
    expect(roster.size).toBe(3)
  })

  it('says who came and who went', () => {
    const roster = new CallRoster()

    expect(roster.set('a', [member(1, 10)])).toEqual({ left: [], joined: [node(1)] })
    expect(roster.set('b', [member(2, 20), member(3, 30)])).toEqual({
      left: [],
      joined: [node(2), node(3)],
    })
    expect(roster.set('b', [member(3, 30)])).toEqual({ left: [node(2)], joined: [] })
    expect(roster.set('b', [member(3, 30)])).toEqual({ left: [], joined: [] })
    expect(roster.set('b', [])).toEqual({ left: [node(3)], joined: [] })
    expect(roster.holders).toEqual(['a'])
  })

  it('belongs to the one that has been in it longest when its owner leaves', () => {
    const roster = new CallRoster()
    roster.set('a', [member(9, 10)])
    roster.set('b', [member(2, 30), member(5, 20)])
    roster.set('a', [])

    expect(roster.ownerId).toBe(node(5))
    roster.set('b', [])
    expect(roster.ownerId).toBeNull()
  })

  it('has one owner for two who made the call in the same moment', () => {
    const roster = new CallRoster()
    roster.set('b', [member(4, 10)])
    roster.set('a', [member(7, 10)])

    expect(roster.ownerId).toBe(node(4))
  })

  it('counts a node once that came by another connection, and says that it left and joined', () => {
    const roster = new CallRoster()
    roster.set('a', [member(1, 10), member(2, 20)])

    expect(roster.set('b', [member(1, 30)])).toEqual({ left: [node(1)], joined: [node(1)] })
    expect(roster.nodeIds).toEqual([node(2), node(1)])
    expect(roster.set('a', [member(2, 20)])).toEqual({ left: [], joined: [] })
  })

  it('counts the older connection of a node again when the newer one has left', () => {
    const roster = new CallRoster()
    roster.set('a', [member(1, 10)])
    roster.set('b', [member(1, 30)])

    expect(roster.set('b', [])).toEqual({ left: [node(1)], joined: [node(1)] })
    expect(roster.nodeIds).toEqual([node(1)])
  })

  it('takes both forms of an id for one node', () => {
    const roster = new CallRoster()
    roster.set('a', [{ nodeId: node(1, 16), since: 10 }])

    expect(roster.set('b', [{ nodeId: node(1, 32), since: 20 }])).toEqual({
      left: [node(1, 16)],
      joined: [node(1, 32)],
    })
  })

  it('lets nobody join before those it has heard of, however slow the clock is', () => {
    const roster = new CallRoster()
    roster.set('a', [member(1, 1_000)])
    roster.set('a', [])

    expect(roster.nextSince(5)).toBe(1_001)
    expect(roster.nextSince(2_000)).toBe(2_000)
  })
})

/** What one holder says after the other; what different holders say may come in any order. */
const said = fc.record({
  holder: fc.constantFrom('a', 'b', 'c'),
  members: fc.uniqueArray(
    fc.record({ digit: fc.nat({ max: 5 }), since: fc.integer({ min: 1, max: 4 }) }),
    { selector: ({ digit }) => digit, maxLength: 4 },
  ),
})

type Said = typeof said extends fc.Arbitrary<infer Value> ? Value : never

const history = fc.array(said, { maxLength: 12 })

/** The same, each holder's in its order, holders mixed otherwise. */
function mixed(all: readonly Said[]): Said[] {
  return ['c', 'a', 'b'].flatMap((holder) => all.filter((each) => each.holder === holder))
}

function rosterOf(all: readonly Said[]): CallRoster {
  const roster = new CallRoster()
  for (const { holder, members } of all) {
    roster.set(
      holder,
      members.map(({ digit, since }) => member(digit, since)),
    )
  }
  return roster
}

describe('rosters that have heard the same', () => {
  it('have the same members in the same order, and one owner, however it was mixed on the way', () => {
    fc.assert(
      fc.property(history, (all) => {
        const [one, other] = [rosterOf(all), rosterOf(mixed(all))]

        expect(other.nodeIds).toEqual(one.nodeIds)
        expect(other.ownerId).toBe(one.ownerId)
        expect([...other.holders].sort()).toEqual([...one.holders].sort())
      }),
    )
  })

  it('have told of every change: who follows it knows the members', () => {
    fc.assert(
      fc.property(history, (all) => {
        const roster = new CallRoster()
        const followed = new Set<NodeId>()
        for (const { holder, members } of all) {
          const { left, joined } = roster.set(
            holder,
            members.map(({ digit, since }) => member(digit, since)),
          )
          for (const nodeId of left) expect(followed.delete(nodeId)).toBe(true)
          for (const nodeId of joined) {
            expect(followed.has(nodeId)).toBe(false)
            followed.add(nodeId)
          }
        }
        expect([...followed].sort()).toEqual([...roster.nodeIds].sort())
      }),
    )
  })

  it('are empty when every holder has left, and keep nothing', () => {
    fc.assert(
      fc.property(history, (all) => {
        const roster = rosterOf(all)
        for (const holder of ['a', 'b', 'c']) roster.set(holder, [])

        expect([roster.size, roster.holders, roster.ownerId]).toEqual([0, [], null])
      }),
    )
  })
})
