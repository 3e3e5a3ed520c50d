import { describe, expect, it } from '@jest/globals'

import { expectError } from '../support/error-oracle.js'
import { type Answer, startHub } from '../support/hub.js'
import {
  oneTimePrekey,
  oneTimePrekeys,
  publication,
  type Publication,
  publicKeyOf,
  signedPrekey,
} from '../support/prekeys.js'
import type { TestNode } from '../support/test-node.js'

/** The largest of ML-KEM's public keys, ML-KEM-1024's, in bytes (FIPS 203 §8). */
const ML_KEM_BYTES = 1_568

function put(node: TestNode, body: unknown): Promise<Answer> {
  return node.fetch('PUT', `/nodes/${node.id}/keys`, body)
}

async function publish(node: TestNode, body: Partial<Publication>): Promise<void> {
  const answer = await put(node, body)
  expect([answer.status, answer.body]).toEqual([200, expect.anything()])
}

function claim(node: TestNode): Promise<Answer> {
  return node.fetch('POST', `/nodes/${node.id}/keys/claim`)
}

function count(node: TestNode): Promise<Answer> {
  return node.fetch('GET', `/nodes/${node.id}/keys/count`)
}

/** `body` without one of its fields. */
function without(body: object, ...fields: string[]): object {
  return Object.fromEntries(Object.entries(body).filter(([name]) => !fields.includes(name)))
}

describe('a publication', () => {
  it('replaces the signed keys and adds to the one-time keys', async () => {
    await using hub = await startHub()
    const node = await hub.registeredNode()
    const { privateKey } = node.identity
    const next = publication(privateKey, oneTimePrekeys(20, 11), 2)

    await publish(node, publication(privateKey, oneTimePrekeys(10)))
    hub.clock.advance({ minutes: 10 })
    const { body } = await put(node, next)

    expect(body).toMatchObject({ one_time: 30, signed_prekey_id: 2, last_resort_prekey_id: 2 })
    expect(Date.parse(body.updated_at)).toBeGreaterThan(hub.clock.now() - 60_000)
    const { body: bundle } = await claim(node)
    expect(bundle).toMatchObject({
      signed_prekey: next.signed_prekey,
      one_time_prekey: { key_id: 1 },
    })
  })

  it('without a key for the last resort takes the former one away', async () => {
    await using hub = await startHub()
    const node = await hub.registeredNode()
    const body = publication(node.identity.privateKey)
    await publish(node, body)
    expect((await claim(node)).body.last_resort_prekey).toEqual(body.last_resort_prekey)

    const answer = await put(node, { ...body, last_resort_prekey: null })

    expect(answer.body).toMatchObject({ signed_prekey_id: 1, last_resort_prekey_id: null })
    expect((await claim(node)).body.last_resort_prekey).toBeNull()
  })

  it('repeated changes nothing', async () => {
    await using hub = await startHub()
    const node = await hub.registeredNode()
    const body = publication(node.identity.privateKey, oneTimePrekeys(100))

    const answers = [await put(node, body), await put(node, body), await put(node, body)]

    expect(answers.map((answer) => [answer.status, answer.body.one_time])).toEqual(
      answers.map(() => [200, 100]),
    )
    expect(await hub.database.query('SELECT FROM prekeys')).toHaveLength(102)
  })

  it('never brings back a one-time key that was claimed, though it names its id', async () => {
    await using hub = await startHub()
    const node = await hub.registeredNode()
    const { privateKey } = node.identity
    const body = publication(privateKey, oneTimePrekeys(3))
    await publish(node, body)
    await claim(node)

    expect((await put(node, body)).body.one_time).toBe(2)
    const others = { ...body, one_time_prekeys: [oneTimePrekey(1), oneTimePrekey(4)] }
    expect((await put(node, others)).body.one_time).toBe(3)
    const ids: number[] = []
    for (let round = 0; round < 3; round++)
      ids.push((await claim(node)).body.one_time_prekey.key_id)
    expect(ids).toEqual([2, 3, 4])
  })

  it.each(['signed_prekey', 'one_time_prekeys', 'last_resort_prekey'] as const)(
    'of another key under an id that stands is refused, whole (%s)',
    async (field) => {
      await using hub = await startHub()
      const node = await hub.registeredNode()
      const { privateKey } = node.identity
      const body = publication(privateKey, oneTimePrekeys(2))
      const next = publication(privateKey, oneTimePrekeys(2, 3), 2)
      const reused = publication(privateKey, [oneTimePrekey(2)], 1)
      await publish(node, body)

      expectError(await put(node, { ...next, [field]: reused[field] }), 409, 'prekey_id_reused')

      expect((await claim(node)).body).toMatchObject({
        signed_prekey: body.signed_prekey,
        one_time_prekey: body.one_time_prekeys[0],
      })
      expect((await count(node)).body).toMatchObject({ one_time: 1, last_resort_prekey_id: 1 })
    },
  )

  it('of more one-time keys than may wait is refused, whole', async () => {
    await using hub = await startHub()
    const node = await hub.registeredNode()
    const { privateKey } = node.identity
    await publish(node, publication(privateKey, oneTimePrekeys(99)))

    const tooMany = await put(node, publication(privateKey, oneTimePrekeys(2, 99 + 1), 2))
    expectError(tooMany, 409, 'prekeys_full')
    expect(tooMany.body.detail).toContain('99')
    expect((await count(node)).body).toMatchObject({ one_time: 99, signed_prekey_id: 1 })
    const fitting = await put(node, publication(privateKey, oneTimePrekeys(1, 100), 2))
    expect(fitting.body).toMatchObject({ one_time: 100, signed_prekey_id: 2 })
  })

  it('of large keys comes in several requests: a body holds a dozen of ML-KEM-1024', async () => {
    await using hub = await startHub()
    const node = await hub.registeredNode()
    const { privateKey } = node.identity
    const large = (many: number, first: number) =>
      oneTimePrekeys(many, first).map((each) => ({
        ...each,
        public_key: publicKeyOf(ML_KEM_BYTES),
      }))
    const lasting = publication(privateKey)
    const body = (many: number, first: number) => ({
      signed_prekey: lasting.signed_prekey,
      last_resort_prekey: signedPrekey(privateKey, 'last_resort', first, publicKeyOf(ML_KEM_BYTES)),
      one_time_prekeys: large(many, first),
    })

    expect((await put(node, body(12, 1))).body.one_time).toBe(12)
    const next = { ...body(12, 13), last_resort_prekey: null }
    expect((await put(node, next)).body.one_time).toBe(24)
    expectError(await put(node, body(15, 25)), 400, 'body_too_large')
  })

  it('at the same time as another never mixes with it', async () => {
    await using hub = await startHub({ env: { RATE_LIMIT_ENABLED: 'false' } })
    const node = await hub.registeredNode()
    const { privateKey } = node.identity

    for (let round = 0; round < 10; round++) {
      const ids = [1, 2, 3, 4].map((each) => 10 * round + each)
      const bodies = ids.map((id) => publication(privateKey, [oneTimePrekey(id)], id))
      const answers = await Promise.all(bodies.map((body) => put(node, body)))

      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200])
      const { body } = await count(node)
      expect(ids).toContain(body.signed_prekey_id)
      expect(body.one_time).toBe(4 * (round + 1))
      const lasting = await hub.database.query(
        `SELECT kind, key_id::int FROM prekeys WHERE kind <> 'one_time' ORDER BY kind`,
      )
      expect(lasting).toEqual([
        { kind: 'last_resort', key_id: body.signed_prekey_id },
        { kind: 'signed', key_id: body.signed_prekey_id },
      ])
    }
  })

  it('is told to the person when something gives way, and only then', async () => {
    await using hub = await startHub()
    const node = await hub.registeredNode()
    const { privateKey } = node.identity
    const body = publication(privateKey, oneTimePrekeys(3))
    const told = async () => {
      const rows = await hub.database.query(
        `SELECT FROM audit_events WHERE account_id = $1 AND kind = 'prekeys_replaced'`,
        [node.accountId],
      )
      return rows.length
    }

    await publish(node, body)
    await publish(node, body)
    await publish(node, { ...body, one_time_prekeys: oneTimePrekeys(3, 4) })
    expect(await told()).toBe(0)
    const next = publication(privateKey, [], 2)
    await publish(node, next)
    expect(await told()).toBe(1)
    await publish(node, without(next, 'last_resort_prekey'))
    expect(await told()).toBe(2)
  })
})
