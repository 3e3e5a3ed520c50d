import { createPrivateKey, sign, type KeyObject } from 'node:crypto'

import { poolKey, POOL_SIZE } from '../../../support/x509.js'
import * as der from '../../../support/der.js'
import { corpusKey, spkiDer, spkiOf } from '../case.js'
import { loadModuli, Random } from '../moduli.js'
import { encodePoint, joined, smallPoint, spkiOfPoint } from '../signatures/edwards.js'
import { flipBit, toBytes } from '../signatures/numbers.js'
import { G, multiply } from '../signatures/p256.js'

import type { Dice } from './dice.js'
import { valuesOf } from './values.js'

/** A key to put into a certificate, with what it can sign. */
export interface PartKey {
  readonly name: string
  readonly spki: Buffer
  /** As Node calls it; null where that does not matter, because nobody can sign. */
  readonly type: string | null
  readonly privateKey: KeyObject | null
  /** What verifies with this key whatever the bytes. */
  readonly signature?: Buffer
}

const CURVE_KEYS = 6
const OTHERS = [
  'rsa-1024',
  'rsa-pss',
  'rsa-pss-sha256',
  'ec-prime256v1-explicit',
  'ec-secp256k1',
  'ec-secp384r1',
  'ec-secp521r1',
  'ed448',
  'dsa-2048',
] as const

function random(kind: string, index: number): Random {
  return new Random(`recombined ${kind} ${index}`)
}

function withPrivate(name: string, privateKey: KeyObject): PartKey {
  const type = privateKey.asymmetricKeyType ?? null
  return { name, spki: spkiOf(privateKey), type, privateKey }
}

function numbered(count: number, make: (index: number) => PartKey): PartKey[] {
  return Array.from({ length: count }, (_, index) => make(index))
}

const RSA_2048 = numbered(POOL_SIZE, (index) => withPrivate(`rsa-2048-${index}`, poolKey(index)))
const RSA_LONG = ['rsa-3072', 'rsa-4096'].map((name) => withPrivate(name, corpusKey(name)))
const P256 = numbered(CURVE_KEYS, (index) =>
  withPrivate(`p-256-${index}`, p256Key(random('p-256', index).number(255))),
)
const ED25519 = numbered(CURVE_KEYS, (index) =>
  withPrivate(`ed25519-${index}`, ed25519Key(random('ed25519', index).bytes(32))),
)
const WEAK = [...loadModuli()].flatMap(([name, { privateKey }]) =>
  privateKey === null ? [] : withPrivate(name, privateKey),
)
/** Good but for one thing: everybody has them. */
export const PUBLISHED = [
  withPrivate(
    'RFC 8032 §7.1 TEST 1',
    ed25519Key(
      Buffer.from('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'hex'),
    ),
  ),
  withPrivate(
    'RFC 6979 A.2.5',
    p256Key(0xc9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721n),
  ),
]
/** The neutral point and its other spellings: for them, anybody signs. */
const SMALL_ORDER = [
  encodePoint(smallPoint(0)),
  flipBit(encodePoint(smallPoint(0)), 31, 7),
  Buffer.concat([Buffer.from([0xee]), Buffer.alloc(30, 0xff), Buffer.from([0x7f])]),
].map((point) => ({
  name: 'an Ed25519 key of small order',
  spki: spkiOfPoint(point),
  type: 'ed25519',
  privateKey: null,
  signature: joined(encodePoint(smallPoint(0)), 0n),
}))
const OTHER = OTHERS.map((name) => withPrivate(name, corpusKey(name)))

/** A key that a node may have; RSA is rarer, because it is slow. */
export function goodKey(dice: Dice): PartKey {
  return dice.pick(
    dice.weighted([
      [20, RSA_2048],
      [1, RSA_LONG],
      [39, P256],
      [40, ED25519],
    ]),
  )
}

/** A weak one, one of another type or form, truly signing; or any of the corpus, for which nobody can sign. */
export function anyKey(dice: Dice, spkis: readonly Buffer[]): PartKey {
  return dice.weighted<() => PartKey>([
    [2, () => dice.pick(WEAK)],
    [4, () => dice.pick(OTHER)],
    [1, () => dice.pick(PUBLISHED)],
    [1, () => dice.pick(SMALL_ORDER)],
    [2, () => inOtherForm(goodKey(dice))],
    [
      5,
      () => ({ name: 'a key of the corpus', spki: dice.pick(spkis), type: null, privateKey: null }),
    ],
  ])()
}

function inOtherForm(key: PartKey): PartKey {
  return { ...key, name: `${key.name} in another form`, spki: otherForm(key.spki) }
}

export function signedBy(key: KeyObject, digest: string, bytes: Buffer): Buffer {
  const type = key.asymmetricKeyType
  if (type === 'ed25519' || type === 'ed448') return sign(null, bytes, key)
  // One of the RSASSA-PSS keys is bound to SHA-256.
  return sign(type === 'rsa-pss' ? 'sha256' : digest, bytes, key)
}

/** The same key in another encoding: the algorithm without its parameters, or a P-256 point compressed. */
export function otherForm(spki: Buffer): Buffer {
  const [outer] = valuesOf(spki) ?? []
  const [algorithm, bits] = valuesOf(outer?.content ?? Buffer.alloc(0)) ?? []
  if (algorithm === undefined || bits === undefined) return spki
  const content = bits.content.subarray(1)
  if (content.length === 65) {
    const compressed = [Buffer.from([2 + ((content.at(-1) ?? 0) & 1)]), content.subarray(1, 33)]
    return spkiDer(algorithm.bytes, Buffer.concat(compressed))
  }
  const [oid] = valuesOf(algorithm.content) ?? []
  return spkiDer(der.sequence(oid?.bytes ?? der.nul()), content)
}

function p256Key(d: bigint): KeyObject {
  const [x, y] = multiply(G, d) ?? [0n, 0n]
  const text = (number: bigint): string => toBytes(number, 32).toString('base64url')
  const jwk = { kty: 'EC', crv: 'P-256', d: text(d), x: text(x), y: text(y) }
  return createPrivateKey({ key: jwk, format: 'jwk' })
}

function ed25519Key(seed: Buffer): KeyObject {
  const header = Buffer.from('302e020100300506032b657004220420', 'hex')
  return createPrivateKey({ key: Buffer.concat([header, seed]), format: 'der', type: 'pkcs8' })
}
