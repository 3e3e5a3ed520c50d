import { describe, expect, it } from '@jest/globals'

import type { ActorNode } from '../identity/actor.js'
import { type NodeId, nodeIdSchema } from '../identity/node-id.js'
import { Presence } from '../presence/presence.js'
import { Connection, type NodeActor } from './connection.js'
import { ConnectionRegistry } from './connection-registry.js'

const LONG = nodeIdSchema.parse(`dpc-node-${'a'.repeat(32)}`)
const SHORT = nodeIdSchema.parse(`dpc-node-${'a'.repeat(16)}`)

function nodeOf(nodeId: NodeId): ActorNode {
  return { spkiSha256: 'a'.repeat(64), nodeId, shortId: SHORT, longId: LONG, isProven: false }
}

function actorOf(change: Partial<NodeActor> = {}): NodeActor {
  return {
    accountId: 1,
    sessionId: 'first',
    provider: 'dev',
    client: 'classic',
    node: nodeOf(LONG),
    sessionExpiresAt: 0,
    authenticatedAt: null,
    dpopJkt: null,
    isHidden: false,
    ...change,
  }
}

describe('a connection that goes on as another actor', () => {
  it.each([
    ['of another session', 0, { sessionId: 'second', node: nodeOf(LONG) }],
    ['that nobody may see', 1, { isHidden: true }],
    ['under the other form of its id', 1, { node: nodeOf(SHORT) }],
  ])('%s is announced %d times', (_what, times, change) => {
    const registry = new ConnectionRegistry(new Presence({} as never))
    const connection = new Connection(actorOf(), {} as never, {} as never, 1)
    const changed: Connection[] = []
    registry.add(connection)
    registry.observe({ changed: (each) => changed.push(each) })
    const actor = actorOf(change)

    registry.change(connection, actor)

    expect(connection.actor).toBe(actor)
    expect(changed).toHaveLength(times)
  })
})
