import { describe, expect, it } from '@jest/globals'

import { nodeProfileAnswer } from '../../src/profiles/profiles.schema.js'
import { startHub, type TestHub } from '../support/hub.js'
import type { TestNode } from '../support/test-node.js'

/** How a node is named to a stranger, by the two routes that name one. */
async function namesOf(hub: TestHub, asked: TestNode): Promise<[unknown, unknown]> {
  const { accessToken: token } = await hub.signIn()
  const profile = await hub.fetch('GET', `/profile/${asked.id}`, { token })
  const found = await hub.fetch('GET', '/discovery/search?q=python', { token })
  const { node_id, proven, spki_sha256 } = nodeProfileAnswer.parse(profile.body)
  const [first] = found.body.results
  return [
    { node_id, proven, spki_sha256 },
    { node_id: first.node_id, proven: first.proven, spki_sha256: first.spki_sha256 },
  ]
}

/** The same name twice. */
function named({ identity }: TestNode, proven: boolean): [unknown, unknown] {
  const name = { node_id: identity.nodeId, proven, spki_sha256: identity.spkiSha256 }
  return [name, name]
}

async function publish(node: TestNode): Promise<void> {
  await node.fetch('PUT', '/profile', { name: 'Ada', expertise: { python: 3 } })
}

describe('a profile under a node, and a search', () => {
  it('say of the node they name which key it has, and whether that is proven', async () => {
    await using hub = await startHub()
    const node = await hub.registeredNode()
    await publish(node)

    expect(await namesOf(hub, node)).toEqual(named(node, false))
    await node.prove()
    expect(await namesOf(hub, node)).toEqual(named(node, true))
  })

  it('say so at once of a node that is connected', async () => {
    await using hub = await startHub()
    const node = await hub.connectNode()
    await publish(node)

    expect(await namesOf(hub, node)).toEqual(named(node, false))
    await node.prove()
    expect(await namesOf(hub, node)).toEqual(named(node, true))
  })

  it('name the node that is online, whichever of the person’s was asked for', async () => {
    await using hub = await startHub()
    const desktop = await hub.provenNode()
    const laptop = await hub.registeredNode({ accountId: desktop.accountId })
    await publish(desktop)

    expect(await namesOf(hub, desktop)).toEqual(named(laptop, false))
    await desktop.connect()
    expect(await namesOf(hub, laptop)).toEqual(named(desktop, true))
    await laptop.connect()
    expect(await namesOf(hub, desktop)).toEqual(named(laptop, false))
  })

  it('leave GET and PUT /profile as they were: those name no node', async () => {
    await using hub = await startHub()
    const node = await hub.registeredNode()
    await publish(node)

    const { body } = await node.fetch('GET', '/profile')

    expect(Object.keys(body)).toEqual([
      'name',
      'description',
      'expertise',
      'compute',
      'p2p_uri_hint',
      'user_id',
      'updated_at',
    ])
  })
})
