import { generateKeyPairSync, type KeyObject } from 'node:crypto'

import { describe, expect, it } from '@jest/globals'

import { expectError } from '../support/error-oracle.js'
import { type Answer, startHub, type TestHub } from '../support/hub.js'
import { oneTimePrekeys, publication, signedPrekey } from '../support/prekeys.js'
import { TestNode } from '../support/test-node.js'
import { makeNodeKey } from '../support/x509.js'

const UNLIMITED = { RATE_LIMIT_ENABLED: 'false' }

function put(node: TestNode, keyId = 1): Promise<Answer> {
  const keys = oneTimePrekeys(5, 5 * keyId)
  const body = publication(node.identity.privateKey, keys, keyId)
  return node.fetch('PUT', `/nodes/${node.id}/keys`, body)
}

function claim(node: TestNode): Promise<Answer> {
  return node.fetch('POST', `/nodes/${node.id}/keys/claim`)
}

/** The same key in the hands of another account, which has not registered it yet. */
async function otherHolder(hub: TestHub, { identity }: TestNode): Promise<TestNode> {
  return new TestNode(hub, await hub.signIn(), identity)
}

function ed25519(): KeyObject {
  return generateKeyPairSync('ed25519').privateKey
}

async function expectNoPrekeys(hub: TestHub): Promise<void> {
  expect(await hub.database.query('SELECT FROM prekeys')).toEqual([])
}

describe('the prekeys of a node', () => {
  it.each<[string, () => KeyObject]>([
    ['RSA', makeNodeKey],
    ['P-256', () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey],
    ['Ed25519', ed25519],
  ])('whose key is %s are signed by it, and by no other of its type', async (_type, makeKey) => {
    await using hub = await startHub()
    const node = await hub.provenNode({ key: makeKey() })
    const own = publication(node.identity.privateKey, oneTimePrekeys(1))
    const path = `/nodes/${node.id}/keys`
    for (const [field, kind] of [
      ['signed_prekey', 'signed'],
      ['last_resort_prekey', 'last_resort'],
    ] as const) {
      const { privateKey } = node.identity
      const foreign = signedPrekey(privateKey, kind, 1, undefined, { key: makeKey() })
      const answer = await node.fetch('PUT', path, { ...own, [field]: foreign })
      expectError(answer, 400, 'prekey_signature_invalid')
    }

    expect((await node.fetch('PUT', path, own)).status).toBe(200)

    expect((await claim(node)).body).toMatchObject({
      proven: true,
      signed_prekey: own.signed_prekey,
      one_time_prekey: own.one_time_prekeys[0],
    })
  })

  it('stay when its owner registers it again, or proves it', async () => {
    await using hub = await startHub()
    const node = await hub.registeredNode()
    await put(node)

    await node.register()
    expect((await node.prove()).status).toBe(200)

    expect((await claim(node)).body).toMatchObject({ proven: true, one_time_prekey: { key_id: 5 } })
  })

  it('go when somebody else proves that the node is theirs', async () => {
    await using hub = await startHub()
    const squatter = await hub.registeredNode()
    await put(squatter)
    const owner = await otherHolder(hub, squatter)

    expect((await owner.prove()).status).toBe(201)

    expectError(await claim(owner), 404, 'prekeys_not_found')
    expectError(await put(squatter), 404, 'node_not_found')
    await expectNoPrekeys(hub)
    expect((await put(owner)).status).toBe(200)
  })

  it('go when the node is transferred', async () => {
    await using hub = await startHub()
    const former = await hub.provenNode()
    await put(former)
    const next = await otherHolder(hub, former)

    expect((await next.prove({ transfer: true })).status).toBe(201)

    expectError(await claim(next), 404, 'prekeys_not_found')
    await expectNoPrekeys(hub)
  })

  it('go when the node is given up, and do not come back with it', async () => {
    await using hub = await startHub()
    const node = await hub.registeredNode()
    await put(node)

    expect((await node.fetch('DELETE', `/nodes/${node.id}`)).status).toBe(204)

    expectError(await claim(node), 404, 'prekeys_not_found')
    await node.register()
    expectError(await claim(node), 404, 'prekeys_not_found')
    await expectNoPrekeys(hub)
  })

  it('go with the account', async () => {
    await using hub = await startHub()
    const [node, stranger] = [await hub.registeredNode(), await hub.signIn()]
    await put(node)

    expect((await node.fetch('DELETE', '/profile')).status).toBe(204)

    const token = stranger.accessToken
    const answer = await hub.fetch('POST', `/nodes/${node.id}/keys/claim`, { token })
    expectError(answer, 404, 'prekeys_not_found')
    await expectNoPrekeys(hub)
  })

  it('are never left to the next owner, though they were published while the node moved', async () => {
    await using hub = await startHub({ env: UNLIMITED })
    let owner = await hub.provenNode({ key: ed25519() })
    const statuses = new Set<number>()

    for (let round = 1; round <= 20; round++) {
      const next = await otherHolder(hub, owner)
      const [published, moved] = await Promise.all([
        put(owner, round),
        next.prove({ transfer: true }),
      ])

      expect(moved.status).toBe(201)
      statuses.add(published.status)
      await expectNoPrekeys(hub)
      owner = next
    }
    expect([...statuses].filter((status) => status !== 200 && status !== 404)).toEqual([])
  })

  it('are published or gone when the account is deleted at the same time', async () => {
    await using hub = await startHub({ env: UNLIMITED })
    for (let round = 1; round <= 10; round++) {
      const node = await hub.provenNode({ key: ed25519() })
      await put(node)
      const [published, deleted] = await Promise.all([
        put(node, 2),
        node.fetch('DELETE', '/profile'),
      ])

      expect(deleted.status).toBe(204)
      expect([200, 401, 404]).toContain(published.status)
      await expectNoPrekeys(hub)
    }
  })
})
