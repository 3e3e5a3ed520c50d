import { createHash, createPublicKey } from 'node:crypto'

import { describe, expect, it } from '@jest/globals'

import { isSignedBy, prekeyBytes } from '../../src/identity/proof.js'
import { expectError } from '../support/error-oracle.js'
import { type Answer, startHub, type TestHub } from '../support/hub.js'
import {
  oneTimePrekey,
  oneTimePrekeys,
  publication,
  type Publication,
  signedPrekey,
} from '../support/prekeys.js'
import type { TestNode } from '../support/test-node.js'
import { poolKey, selfSigned } from '../support/x509.js'

function put(node: TestNode, body: unknown, id = node.id): Promise<Answer> {
  return node.fetch('PUT', `/nodes/${id}/keys`, body)
}

async function publish(node: TestNode, body: Partial<Publication>): Promise<void> {
  const answer = await put(node, body)
  expect([answer.status, answer.body]).toEqual([200, expect.anything()])
}

function claim(node: { id: string }, by: TestNode): Promise<Answer> {
  return by.fetch('POST', `/nodes/${node.id}/keys/claim`)
}

function count(node: TestNode): Promise<Answer> {
  return node.fetch('GET', `/nodes/${node.id}/keys/count`)
}

function spkiSha256Of(node: TestNode): string {
  const spki = createPublicKey(node.identity.privateKey).export({ type: 'spki', format: 'der' })
  return createHash('sha256').update(spki).digest('hex')
}

describe('a bundle', () => {
  it('is published by a node and claimed by a stranger, signed by the node’s key', async () => {
    await using hub = await startHub()
    const [node, stranger] = [await hub.registeredNode(), await hub.registeredNode()]
    const body = publication(node.identity.privateKey, oneTimePrekeys(100))

    const published = await put(node, body)
    const claimed = await claim(node, stranger)

    expect([published.status, published.body]).toEqual([
      200,
      {
        one_time: 100,
        signed_prekey_id: 1,
        last_resort_prekey_id: 1,
        updated_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      },
    ])
    expect([claimed.status, claimed.body]).toEqual([
      200,
      {
        node_id: node.id,
        spki_sha256: spkiSha256Of(node),
        proven: false,
        signed_prekey: body.signed_prekey,
        one_time_prekey: body.one_time_prekeys[0],
        last_resort_prekey: null,
      },
    ])
    const { key_id: keyId, public_key: publicKey, signature } = claimed.body.signed_prekey
    const spkiSha256 = claimed.body.spki_sha256
    const bytes = prekeyBytes({ spkiSha256, kind: 'signed', keyId, publicKey })
    const key = createPublicKey(node.identity.publicKeyPem)
    expect(isSignedBy(key, bytes, Buffer.from(signature, 'base64url'))).toBe(true)
    expect((await count(node)).body).toEqual({ ...published.body, one_time: 99 })
  })

  it('holds the one-time key of the lowest id, whatever the order they came in', async () => {
    await using hub = await startHub()
    const node = await hub.registeredNode()
    const ids = [7, 4_294_967_295, 0, 12, 3]
    const keys = ids.map((id) => oneTimePrekey(id))
    await publish(node, publication(node.identity.privateKey, keys))
    const handedOut: number[] = []

    while (handedOut.length < ids.length)
      handedOut.push((await claim(node, node)).body.one_time_prekey.key_id)

    expect(handedOut).toEqual([0, 3, 7, 12, 4_294_967_295])
  })

  it('holds the key for the last resort when no one-time key is left, again and again', async () => {
    await using hub = await startHub()
    const [node, stranger] = [await hub.registeredNode(), await hub.registeredNode()]
    const body = publication(node.identity.privateKey, oneTimePrekeys(1))
    await publish(node, body)

    const bundles = [
      await claim(node, stranger),
      await claim(node, stranger),
      await claim(node, stranger),
    ].map((answer) => [answer.body.one_time_prekey, answer.body.last_resort_prekey])

    expect(bundles).toEqual([
      [body.one_time_prekeys[0], null],
      [null, body.last_resort_prekey],
      [null, body.last_resort_prekey],
    ])
  })

  it('is the signed prekey alone when the node has published nothing else', async () => {
    await using hub = await startHub()
    const node = await hub.registeredNode()
    const signed = signedPrekey(node.identity.privateKey, 'signed')
    await publish(node, { signed_prekey: signed })

    const { status, body } = await claim(node, node)

    expect([status, body.signed_prekey]).toEqual([200, signed])
    expect([body.one_time_prekey, body.last_resort_prekey]).toEqual([null, null])
  })

  it('is found by either form of the node’s id, and says the one it goes by', async () => {
    await using hub = await startHub()
    const key = poolKey(5)
    const node = await hub.registeredNode({ key, idLength: 16 })
    const long = selfSigned({ key, idLength: 32 }).nodeId
    expect((await put(node, publication(key, oneTimePrekeys(5)), long)).status).toBe(200)

    const answers = [await claim({ id: long }, node), await claim({ id: node.id }, node)]

    expect(answers.map(({ body }) => [body.node_id, body.one_time_prekey.key_id])).toEqual([
      [node.id, 1],
      [node.id, 2],
    ])
  })

  it('is not there for a node that has published none, nor for one that nobody registered', async () => {
    await using hub = await startHub()
    const node = await hub.registeredNode()

    expectError(await claim(node, node), 404, 'prekeys_not_found')
    const unknown = { id: `dpc-node-${'a'.repeat(32)}` }
    expectError(await claim(unknown, node), 404, 'prekeys_not_found')
    expectError(await claim({ id: 'dpc-node-temp' }, node), 400, 'invalid_request')
    expect((await count(node)).body).toEqual({
      one_time: 0,
      signed_prekey_id: null,
      last_resort_prekey_id: null,
      updated_at: null,
    })
  })

  it('leaves nothing that says who claimed it, nor when to the minute', async () => {
    await using hub = await startHub()
    const [node, stranger] = [await hub.registeredNode(), await hub.registeredNode()]
    await publish(node, publication(node.identity.privateKey, oneTimePrekeys(2)))
    const before = await contents(hub)

    await claim(node, stranger)

    const after = await contents(hub)
    const changed = [...after].filter((row) => !before.has(row)).map((row) => JSON.parse(row))
    expect(before.size).toBe(after.size)
    expect(changed).toEqual([
      {
        table: 'prekeys',
        row: {
          node: spkiSha256Of(node),
          kind: 'one_time',
          key_id: 1,
          public_key: '\\x',
          signature: null,
          created_at: expect.any(String),
          claimed_at: expect.stringMatching(/:00:00\+00:00$/),
        },
      },
    ])
    const id = String(stranger.accountId)
    expect(hub.logLines.filter((line) => line.includes(id))).toEqual([])
  })
})

/** Every row of every table, each as one text. */
async function contents(hub: TestHub): Promise<Set<string>> {
  const tables = await hub.database.query<{ name: string }>(
    `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'`,
  )
  const rows = new Set<string>()
  for (const { name } of tables) {
    const found = await hub.database.query<{ row: object }>(
      `SELECT to_jsonb(t) AS row FROM "${name}" t`,
    )
    for (const { row } of found) rows.add(JSON.stringify({ table: name, row }))
  }
  return rows
}
