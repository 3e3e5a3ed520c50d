import { createPrivateKey, sign, type KeyObject } from 'node:crypto'

import { poolKey, POOL_SIZE } from '../../../support/x509.js'
import { corpusKey, spkiOf } from '../case.js'
import { loadModuli, Random } from '../moduli.js'
import { toBytes } from '../signatures/numbers.js'
import { G, multiply } from '../signatures/p256.js'

import type { Dice } from './dice.js'

/** A key to put into a certificate, with what it can sign. */
export interface PartKey {
  readonly name: string
  readonly spki: Buffer
  readonly privateKey: KeyObject | null
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

function withPrivate(name: string, privateKey: KeyObject): PartKey {
  return { name, spki: spkiOf(privateKey), privateKey }
}

function numbered(count: number, make: (index: number) => PartKey): PartKey[] {
  return Array.from({ length: count }, (_, index) => make(index))
}

const RSA_2048 = numbered(POOL_SIZE, (index) => withPrivate(`rsa-2048-${index}`, poolKey(index)))
const RSA_LONG = ['rsa-3072', 'rsa-4096'].map((name) => withPrivate(name, corpusKey(name)))
const P256 = numbered(CURVE_KEYS, (index) => withPrivate(`p-256-${index}`, p256Key(index)))
const ED25519 = numbered(CURVE_KEYS, (index) => withPrivate(`ed25519-${index}`, ed25519Key(index)))
const WEAK = [...loadModuli()].flatMap(([name, { privateKey }]) =>
  privateKey === null ? [] : withPrivate(name, privateKey),
)
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

/** A weak one or one of another type, truly signing; or any key of the corpus, of which nobody can sign. */
export function anyKey(dice: Dice, spkis: readonly Buffer[]): PartKey {
  return dice.weighted<() => PartKey>([
    [1, () => dice.pick(WEAK)],
    [2, () => dice.pick(OTHER)],
    [3, () => ({ name: 'a key of the corpus', spki: dice.pick(spkis), privateKey: null })],
  ])()
}

export function signedBy(key: KeyObject, digest: string, bytes: Buffer): Buffer {
  const type = key.asymmetricKeyType
  if (type === 'ed25519' || type === 'ed448') return sign(null, bytes, key)
  // One of the RSASSA-PSS keys is bound to SHA-256.
  return sign(type === 'rsa-pss' ? 'sha256' : digest, bytes, key)
}

function p256Key(index: number): KeyObject {
  const d = new Random(`recombined p-256 ${index}`).number(255)
  const [x, y] = multiply(G, d) ?? [0n, 0n]
  const text = (number: bigint): string => toBytes(number, 32).toString('base64url')
  const jwk = { kty: 'EC', crv: 'P-256', d: text(d), x: text(x), y: text(y) }
  return createPrivateKey({ key: jwk, format: 'jwk' })
}

function ed25519Key(index: number): KeyObject {
  const seed = new Random(`recombined ed25519 ${index}`).bytes(32)
  const header = Buffer.from('302e020100300506032b657004220420', 'hex')
  return createPrivateKey({ key: Buffer.concat([header, seed]), format: 'der', type: 'pkcs8' })
}
