import { describe, expect, it } from '@jest/globals'

import { nodeIdSchema } from '../identity/node-id.js'
import { Routes } from './routes.js'

const NODE = nodeIdSchema.parse('dpc-node-0123456789abcdef')

describe('the way to a node', () => {
  it('is known from the answer of an instance until that is wrong', () => {
    const routes = new Routes()
    expect(routes.next(NODE, 1, 0)).toBeNull()

    routes.learn(NODE, 'one', 1)
    expect(routes.next(NODE, 2, 0)).toBe('one')
    routes.forget(NODE, 1)
    expect(routes.next(NODE, 3, 0)).toBe('one')
    routes.forget(NODE, 3)
    expect(routes.next(NODE, 4, 0)).toBeNull()
  })

  it('changes when another instance has the last signal, so that none overtakes one before it', () => {
    const routes = new Routes()
    routes.learn(NODE, 'one', 1)
    for (const n of [2, 3]) expect(routes.next(NODE, n, 0)).toBe('one')

    // The node has moved: what goes to the former instance is passed on.
    routes.learn(NODE, 'other', 2)
    expect(routes.next(NODE, 4, 0)).toBe('one')
    routes.learn(NODE, 'other', 3)
    expect(routes.next(NODE, 5, 0)).toBe('one')
    routes.learn(NODE, 'other', 5)

    expect(routes.next(NODE, 6, 0)).toBe('other')
  })

  it('is not gone while its instance owes an answer for long', () => {
    const routes = new Routes()
    routes.learn(NODE, 'one', 1)
    routes.sentTo('one', 1_000)
    routes.sentTo('one', 1_250)
    expect([routes.next(NODE, 2, 1_300), routes.next(NODE, 3, 1_301)]).toEqual(['one', null])

    routes.heardFrom('one')
    expect(routes.next(NODE, 4, 1_400)).toBe('one')
    routes.sentTo('one', 1_400)
    expect(routes.next(NODE, 5, 1_600)).toBe('one')
  })

  it('is forgotten with all others when there are too many', () => {
    const routes = new Routes()
    routes.learn(NODE, 'one', 1)
    for (let n = 0; n < 20_000; n++) {
      const hex = n.toString(16).padStart(16, '0')
      routes.learn(nodeIdSchema.parse(`dpc-node-${hex}`), 'one', 1)
    }
    expect(routes.next(NODE, 2, 0)).toBeNull()
  })
})
