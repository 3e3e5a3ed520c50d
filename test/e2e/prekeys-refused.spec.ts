import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'

import { expectError } from '../support/error-oracle.js'
import { type Answer, startHub, type TestHub } from '../support/hub.js'
import {
  oneTimePrekey,
  oneTimePrekeys,
  publication,
  publicKeyOf,
  type SignedKind,
  signedPrekey,
  type SigningFault,
} from '../support/prekeys.js'
import type { TestNode } from '../support/test-node.js'
import { poolKey } from '../support/x509.js'

let hub: TestHub
let node: TestNode

beforeAll(async () => {
  hub = await startHub({ env: { RATE_LIMIT_ENABLED: 'false' } })
  node = await hub.registeredNode({ key: poolKey(0) })
})

afterAll(() => hub[Symbol.asyncDispose]())

const good = publication(poolKey(0), oneTimePrekeys(2))
const [first] = good.one_time_prekeys

function put(body: unknown, by = node, id = node.id): Promise<Answer> {
  return by.fetch('PUT', `/nodes/${id}/keys`, body)
}

async function expectNothingPublished(): Promise<void> {
  expect(await hub.database.query('SELECT FROM prekeys')).toEqual([])
}

describe('prekeys are refused when the body', () => {
  const prekey = (change: object) => ({ ...good, one_time_prekeys: [{ ...first, ...change }] })
  const signed = (change: object) => ({
    ...good,
    signed_prekey: { ...good.signed_prekey, ...change },
  })

  it.each<[string, string, unknown]>([
    ['is none', '', undefined],
    ['is a list', '', [good]],
    ['has no signed prekey', 'signed_prekey', { ...good, signed_prekey: undefined }],
    ['has null for a signed prekey', 'signed_prekey', { ...good, signed_prekey: null }],
    ['has no signature', 'signed_prekey.signature', signed({ signature: undefined })],
    ['has a signature that is no base64', 'signed_prekey.signature', signed({ signature: '*' })],
    [
      'has no signature of the key for the last resort',
      'last_resort_prekey.signature',
      { ...good, last_resort_prekey: first },
    ],
    [
      'has one-time keys that are no list',
      'one_time_prekeys',
      { ...good, one_time_prekeys: first },
    ],
    [
      'has 101 one-time keys',
      'one_time_prekeys',
      { ...good, one_time_prekeys: oneTimePrekeys(101) },
    ],
    ['has a negative key_id', 'one_time_prekeys.0.key_id', prekey({ key_id: -1 })],
    ['has a key_id of 2^32', 'one_time_prekeys.0.key_id', prekey({ key_id: 2 ** 32 })],
    ['has half a key_id', 'one_time_prekeys.0.key_id', prekey({ key_id: 1.5 })],
    ['has a text for a key_id', 'one_time_prekeys.0.key_id', prekey({ key_id: '1' })],
    ['has no public key', 'one_time_prekeys.0.public_key', prekey({ public_key: undefined })],
    [
      'has a key of 31 bytes',
      'one_time_prekeys.0.public_key',
      prekey({ public_key: publicKeyOf(31) }),
    ],
    [
      'has a key of 2,049 bytes',
      'one_time_prekeys.0.public_key',
      prekey({ public_key: publicKeyOf(2_049) }),
    ],
    [
      'has a key in base64 with the other alphabet',
      'one_time_prekeys.0.public_key',
      prekey({ public_key: Buffer.alloc(32, 0xff).toString('base64').replace('=', '') }),
    ],
    [
      'has a key with padding',
      'one_time_prekeys.0.public_key',
      prekey({ public_key: `${publicKeyOf(32)}=` }),
    ],
    [
      'has a key whose last character has spare bits',
      'one_time_prekeys.0.public_key',
      prekey({ public_key: `${'A'.repeat(42)}B` }),
    ],
    [
      'has a line break in a key that is signed',
      'signed_prekey.public_key',
      signed({ public_key: `${publicKeyOf()}\n` }),
    ],
    [
      'has one id twice',
      'one_time_prekeys.1.key_id',
      { ...good, one_time_prekeys: [first, oneTimePrekey(first?.key_id ?? 0)] },
    ],
    [
      'has one key under two ids',
      'one_time_prekeys.1.public_key',
      { ...good, one_time_prekeys: [first, oneTimePrekey(99, first?.public_key)] },
    ],
  ])('%s', async (_what, path, body) => {
    const answer = await put(body)

    expectError(answer, 400, 'invalid_request')
    expect(answer.body.issues?.map((issue: { path: string }) => issue.path)).toContain(path)
    await expectNothingPublished()
  })
})

describe.each<[SignedKind, 'signed_prekey' | 'last_resort_prekey']>([
  ['signed', 'signed_prekey'],
  ['last_resort', 'last_resort_prekey'],
])('the signature of a prekey of the kind %s', (kind, field) => {
  const publicKey = publicKeyOf()
  const signedWith = (fault: SigningFault) => signedPrekey(poolKey(0), kind, 5, publicKey, fault)

  it.each<[string, SigningFault]>([
    ['by another key', { key: poolKey(1) }],
    ['for another node', { spkiSha256: '0'.repeat(64) }],
    ['of the other kind', { kind: kind === 'signed' ? 'last_resort' : 'signed' }],
    ['of a one-time key', { kind: 'one_time' }],
    ['of another id', { keyId: 6 }],
    ['of another public key', { publicKey: publicKeyOf() }],
    ['of the same key with padding', { publicKey: `${publicKey}=` }],
    ['under another label', { label: 'dpc-hub node-proof v1' }],
    ['of a line more', { publicKey: `${publicKey}\n` }],
  ])('%s is refused', async (_what, fault) => {
    const answer = await put({ ...good, [field]: signedWith(fault) })

    expectError(answer, 400, 'prekey_signature_invalid')
    expect(answer.body.detail).toContain(field)
    await expectNothingPublished()
  })

  it.each<[string, (signature: Buffer) => Buffer]>([
    [
      'with one bit changed',
      (bytes) => Buffer.from(bytes.map((byte, at) => (at ? byte : byte ^ 1))),
    ],
    ['cut short', (bytes) => bytes.subarray(1)],
    ['with a byte more', (bytes) => Buffer.concat([bytes, Buffer.from([0])])],
    ['of zeros', (bytes) => Buffer.alloc(bytes.length)],
  ])('%s is refused', async (_what, change) => {
    const prekey = signedWith({})
    const signature = change(Buffer.from(prekey.signature, 'base64url')).toString('base64url')

    const answer = await put({ ...good, [field]: { ...prekey, signature } })

    expectError(answer, 400, 'prekey_signature_invalid')
    await expectNothingPublished()
  })
})

describe('the prekeys of a node', () => {
  it('are nobody else’s to publish or to count', async () => {
    const stranger = await hub.registeredNode({ key: poolKey(1) })

    expectError(await put(good, stranger), 404, 'node_not_found')
    const counted = await stranger.fetch('GET', `/nodes/${node.id}/keys/count`)
    expectError(counted, 404, 'node_not_found')
    const unknown = `dpc-node-${'a'.repeat(16)}`
    expectError(await put(good, node, unknown), 404, 'node_not_found')
    expectError(await put(good, node, 'dpc-node-temp'), 400, 'invalid_request')
    await expectNothingPublished()
  })

  it('are for people with a token only', async () => {
    for (const [method, path] of [
      ['PUT', ''],
      ['POST', '/claim'],
      ['GET', '/count'],
    ] as const) {
      const body = method === 'PUT' ? { body: good } : {}
      const answer = await hub.fetch(method, `/nodes/${node.id}/keys${path}`, body)
      expectError(answer, 401, 'invalid_token')
    }
    await expectNothingPublished()
  })
})
