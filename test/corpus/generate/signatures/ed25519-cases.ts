import { sign } from 'node:crypto'

import * as der from '../../../support/der.js'
import { corpusKey, spkiOf } from '../case.js'
import { Random } from '../moduli.js'

import { MESSAGE_BYTES, SignatureCaseList, type SignatureFault } from './case.js'
import {
  add as addPoints,
  BASE,
  challengeOf,
  decodePoint,
  encodePoint,
  joined,
  keyBytesOf,
  L,
  littleEndian,
  multiply,
  P,
  prefixOf,
  scalarOf,
  sha512,
  smallPoint,
  spkiOfPoint,
  type Point,
} from './edwards.js'
import { flipBit, mod, reversed, toBytes } from './numbers.js'

const KEY = corpusKey('ed25519')
const SPKI = spkiOf(KEY)
const PUBLIC = keyBytesOf(SPKI)
const SECRET = scalarOf(KEY)
const NONCE = new Random('ed25519 nonce').number(250)
const GOOD = sign(null, MESSAGE_BYTES, KEY)
const R_BYTES = GOOD.subarray(0, 32)
const S = littleEndian(GOOD.subarray(32))

/** S6: Ed25519. */
export function ed25519Cases(): SignatureCaseList[] {
  const list = new SignatureCaseList('S6')
  scalars(list)
  shapes(list)
  schemes(list)
  commitments(list)
  keys(list)
  mixedOrder(list)
  return [list]
}

interface Change {
  readonly message?: string
  readonly recipe?: string
  readonly key?: string
  readonly spki?: Buffer
}
type Add = (expect: SignatureFault | 'ok', why: string, signature: Buffer, change?: Change) => void

function adder(list: SignatureCaseList, recipe: string, source: string): Add {
  return (expect, why, signature, change = {}) =>
    list.add({ expect, why, recipe, source, key: 'ed25519', spki: SPKI, signature, ...change })
}

/** A signature with R and the secret number given, by the scheme's own equation. */
function signed(r: Buffer, nonce: bigint, secret = SECRET, key = PUBLIC): Buffer {
  return joined(r, mod(nonce + challengeOf(r, key, MESSAGE_BYTES) * secret, L))
}

function scalars(list: SignatureCaseList): void {
  const add = adder(
    list,
    'the S of a good signature replaced',
    'RFC 8032 §5.1.7: S in 0 to L - 1; Wycheproof ed25519',
  )
  add('ok', 'what the contract wants', GOOD, { recipe: 'crypto.sign' })
  for (const factor of [1n, 2n, 4n, 8n, 14n])
    add('range', `S + ${factor}·L: the same number modulo L`, joined(R_BYTES, S + factor * L))
  add('range', 'S = L', joined(R_BYTES, L))
  add('range', 'S = L + 1', joined(R_BYTES, L + 1n))
  add('range', 'S = 2^252 + 2^251', joined(R_BYTES, 2n ** 252n + 2n ** 251n))
  add('range', 'S = 2^255', joined(R_BYTES, 2n ** 255n))
  add('range', 'S = 2^256 - 1', joined(R_BYTES, 2n ** 256n - 1n))
  add('range', 'S with its top bit set', joined(R_BYTES, S + 2n ** 255n))
  add('mismatch', 'S = 0', joined(R_BYTES, 0n))
  add('mismatch', 'S = 1', joined(R_BYTES, 1n))
  add('mismatch', 'S = L - 1', joined(R_BYTES, L - 1n))
  add('mismatch', 'L - S', joined(R_BYTES, L - S))
  add('mismatch', 'S + 1', joined(R_BYTES, S + 1n))
  add('range', 'S as big-endian bytes', Buffer.concat([R_BYTES, toBytes(S, 32)]))
}

function shapes(list: SignatureCaseList): void {
  const add = adder(list, 'the bytes of a good signature, changed', 'RFC 8032 §5.1.7: 64 bytes')
  add('length', 'no bytes', Buffer.alloc(0))
  add('length', 'R alone', R_BYTES)
  add('length', '63 bytes: the last cut off', GOOD.subarray(0, 63))
  add('length', '63 bytes: the first cut off', GOOD.subarray(1))
  add('length', '65 bytes: a zero after it', Buffer.concat([GOOD, Buffer.alloc(1)]))
  add('length', '65 bytes: a zero before it', Buffer.concat([Buffer.alloc(1), GOOD]))
  add('length', 'twice after each other', Buffer.concat([GOOD, GOOD]))
  add('length', 'as an OCTET STRING', der.octets(GOOD))
  add(
    'length',
    'R and S as INTEGERs, as ECDSA has them',
    der.sequence(der.integer(littleEndian(R_BYTES)), der.integer(S)),
  )
  add('length', 'its hex as text', Buffer.from(GOOD.toString('hex')))
  add('length', '114 bytes: as long as Ed448', Buffer.concat([GOOD, Buffer.alloc(50)]))
  add('small_order', '64 zero bytes: R is a point of order 4', Buffer.alloc(64))
  add('range', '64 bytes of FF', Buffer.alloc(64, 0xff))
  const exchanged = Buffer.concat([GOOD.subarray(32), R_BYTES])
  add('range', 'R and S exchanged', exchanged)
  const isOnCurve = (bytes: Buffer): boolean => decodePoint(bytes) !== null
  const flips = Array.from({ length: 32 }, (_, at) => flipBit(R_BYTES, at))
  add(
    'encoding',
    'a bit of R flipped: no point of the curve',
    Buffer.concat([flips.find((each) => !isOnCurve(each))!, GOOD.subarray(32)]),
  )
  add(
    'mismatch',
    'a bit of R flipped: another point',
    Buffer.concat([flips.find(isOnCurve)!, GOOD.subarray(32)]),
  )
  add('mismatch', 'the sign of R flipped', flipBit(GOOD, 31, 7))
  add('mismatch', 'a bit of S flipped', flipBit(GOOD, 40))
}

function schemes(list: SignatureCaseList): void {
  const add = adder(list, 'signed by hand after RFC 8032', 'CONTRACT §1: Ed25519, not its variants')
  const variant = (prefix: Buffer, bytes: Buffer): Buffer => {
    const r = encodePoint(multiply(BASE, NONCE))
    return joined(r, mod(NONCE + challengeOf(prefix, r, PUBLIC, bytes) * SECRET, L))
  }
  const plain = prefixOf('plain')
  add('ok', 'another nonce than the one RFC 8032 makes', variant(plain, MESSAGE_BYTES))
  add('scheme', 'Ed25519ph', variant(prefixOf('ph'), sha512(MESSAGE_BYTES)))
  add(
    'scheme',
    'Ed25519ctx with the context dpc-hub',
    variant(prefixOf('ctx', 'dpc-hub'), MESSAGE_BYTES),
  )
  add('scheme', 'Ed25519ctx with an empty context', variant(prefixOf('ctx'), MESSAGE_BYTES))
  add('scheme', 'Ed25519 over SHA-512 of the bytes', variant(plain, sha512(MESSAGE_BYTES)))
  const over = (text: string): Buffer => sign(null, Buffer.from(text), KEY)
  add('ok', 'no text', over(''), { message: '' })
  add('ok', 'a long text', over('x'.repeat(1000)), { message: 'x'.repeat(1000) })
  add('mismatch', 'over no bytes', over(''))
  add('mismatch', 'over a final newline more', over(`${MESSAGE_BYTES.toString()}\n`))
  add('mismatch', 'over the text cut by a character', over(MESSAGE_BYTES.toString().slice(0, -1)))
  const other = SECRET + 8n
  const otherKey = encodePoint(multiply(BASE, other))
  const r = encodePoint(multiply(BASE, NONCE))
  add('mismatch', 'made by another key', signed(r, NONCE, other, otherKey))
  add('mismatch', "made with another key's bytes in the hash", signed(r, NONCE, SECRET, otherKey))
}

/** Spellings of y at or above p stand for the small numbers 0 to 18. */
function unreduced(y: bigint, sign: 0n | 1n = 0n): Buffer {
  return reversed(toBytes((P + y) | (sign << 255n), 32))
}

function commitments(list: SignatureCaseList): void {
  const add = adder(
    list,
    'R chosen, S by the equation',
    'RFC 8032 §5.1.3; "Taming the many EdDSAs" (2020); dalek verify_strict',
  )
  for (const [index, order] of [
    [0, 1],
    [4, 2],
    [2, 4],
    [6, 4],
    [1, 8],
    [3, 8],
    [5, 8],
    [7, 8],
  ] as const)
    add(
      'small_order',
      `R of order ${order} (${index})${index === 0 ? ': only the owner can, and gives the key away' : ''}`,
      signed(encodePoint(smallPoint(index)), 0n),
    )
  add('encoding', 'R the neutral point with y = p + 1', signed(unreduced(1n), 0n))
  add(
    'encoding',
    'R the neutral point with the sign of x = 0 set',
    signed(flipBit(encodePoint(smallPoint(0)), 31, 7), 0n),
  )
  add('encoding', 'R of order 4 with y = p', signed(unreduced(0n), 0n))
  add('encoding', 'R with y = p + 2, which is no point', signed(unreduced(2n), 0n))
  add(
    'encoding',
    'R with y = 2^255 - 1',
    signed(Buffer.concat([Buffer.alloc(31, 0xff), Buffer.from([0x7f])]), 0n),
  )
  add('mismatch', 'R the base point, S of another nonce', signed(encodePoint(BASE), 2n))
  add('ok', 'R the base point: the nonce was 1', signed(encodePoint(BASE), 1n))
  add('mismatch', 'R is the key itself', signed(PUBLIC, 0n))
}

function keys(list: SignatureCaseList): void {
  const add = adder(
    list,
    'a key of small order, for which R neutral and S = 0 is good over much or all',
    'libsodium has_small_order; "Taming the many EdDSAs" (2020)',
  )
  const neutral = encodePoint(smallPoint(0))
  const forKey = (name: string, bytes: Buffer): Change => ({
    key: `ed25519-${name}`,
    spki: spkiOfPoint(bytes),
  })
  const trivial = joined(neutral, 0n)
  for (let index = 0; index < 8; index += 1)
    add(
      'small_order',
      `key of small order (${index}), signature of nobody`,
      trivial,
      forKey(`small-${index}`, encodePoint(smallPoint(index))),
    )
  const free = joined(encodePoint(multiply(BASE, NONCE)), NONCE)
  add('small_order', 'the neutral point as key: R = r·B and S = r is good over all bytes', free, {
    ...forKey('small-0', neutral),
  })
  const spelled: readonly [string, string, Buffer][] = [
    ['the neutral point with y = p + 1', 'unreduced-1', unreduced(1n)],
    ['the neutral point with y = p + 1 and a sign', 'unreduced-1-sign', unreduced(1n, 1n)],
    ['the neutral point with a sign', 'neutral-sign', flipBit(neutral, 31, 7)],
    ['order 4 with y = p', 'unreduced-0', unreduced(0n)],
    ['order 4 with y = p and a sign', 'unreduced-0-sign', unreduced(0n, 1n)],
    ['order 2 with a sign', 'minus-1-sign', flipBit(encodePoint(smallPoint(4)), 31, 7)],
    ['y = p + 3, of large order', 'unreduced-3', unreduced(3n)],
    ['y = 2^255 - 1', 'all-ones', Buffer.concat([Buffer.alloc(31, 0xff), Buffer.from([0x7f])])],
    ['y = 2, which is no point', 'no-point', reversed(toBytes(2n, 32))],
  ]
  for (const [why, name, bytes] of spelled)
    add('key_encoding', `key: ${why}`, free, forKey(name, bytes))
}

/** Where the equation with the factor 8 and the one without differ. */
function mixedOrder(list: SignatureCaseList): void {
  const add = adder(
    list,
    'a point of small order added, R searched',
    '"Taming the many EdDSAs" (2020): the equation without the factor 8',
  )
  const point = decodePoint(PUBLIC)!
  const mixed = encodePoint(addPoints(point, smallPoint(1)))
  const change = { key: 'ed25519-mixed', spki: spkiOfPoint(mixed) }
  const withRest = (wanted: (rest: bigint) => boolean): Buffer => {
    for (let nonce = NONCE; ; nonce += 1n) {
      const r = encodePoint(multiply(BASE, nonce))
      if (wanted(challengeOf(r, mixed, MESSAGE_BYTES) % 8n)) return signed(r, nonce, SECRET, mixed)
    }
  }
  add(
    'mixed_order',
    'a key with a part of order 8, whose part does not vanish',
    withRest((rest) => rest !== 0n),
    change,
  )
  add(
    'ok',
    'the same key where it vanishes: its owner chose it, and only they can sign',
    withRest((rest) => rest === 0n),
    change,
  )
  const r: Point = addPoints(multiply(BASE, NONCE), smallPoint(1))
  add('mixed_order', 'an R with a part of order 8', signed(encodePoint(r), NONCE))
}
