import { Random } from '../moduli.js'

import { MESSAGE_BYTES, SignatureCaseList, type SignatureFault } from './case.js'
import { adder, D, HASH, PADDED, PLAIN, signWithNonce } from './ecdsa.js'
import { OTHER_SIGNATURES } from './key-cases.js'
import { flipBit, inverse, mod, toNumber } from './numbers.js'
import {
  add as addPoints,
  encoded,
  G,
  hashed,
  multiply,
  N,
  P,
  pointAt,
  signNumbers,
  spkiOfPoint,
  type Numbers,
  type Point,
} from './p256.js'

const GOOD = signWithNonce('nonce', D)
const { r: R, s: S } = GOOD

/** S5: the numbers of ECDSA on P-256. */
export function ecdsaNumbers(): SignatureCaseList[] {
  const list = new SignatureCaseList('S5')
  ranges(list)
  foreign(list)
  chosenKeys(list)
  return [list]
}

function ranges(list: SignatureCaseList): void {
  const add = adder(list, 'numbers chosen, encoded in DER', 'FIPS 186-5 §6.4.2, step 1')
  const range = (why: string, r: bigint, s: bigint): void => add('range', why, encoded({ r, s }))
  add('ok', 'what the contract wants', encoded(GOOD))
  add(
    'ok',
    'n - s: anybody can make this second form. A challenge is used up by its first use, so it gains nothing',
    encoded({ r: R, s: N - S }),
  )
  range('r = 0', 0n, S)
  range('s = 0', R, 0n)
  range('r = 0 and s = 0: CVE-2022-21449, any message', 0n, 0n)
  range('r = 1 and s = 0', 1n, 0n)
  range('r = 0 and s = 1', 0n, 1n)
  range('r = n', N, S)
  range('s = n', R, N)
  range('r = n and s = n: both are 0 modulo n', N, N)
  range('r = n and s = 0', N, 0n)
  range('r = n + 1', N + 1n, S)
  range('s = n + 1', R, N + 1n)
  range('r = p, which is not 0 modulo n', P, S)
  range('r = 2^256 - 1', 2n ** 256n - 1n, S)
  range('s = 2^256 - 1', R, 2n ** 256n - 1n)
  range('r + n: the same number modulo n', R + N, S)
  range('s + n', R, S + N)
  range('both + n', R + N, S + N)
  range('r + 2^256', R + 2n ** 256n, S)
  range('s + 2^256: the same low bytes', R, S + 2n ** 256n)
  range('r + n * 2^256: the same number modulo n, of 64 bytes', R + N * 2n ** 256n, S)
  range('r - n: the same number modulo n, negative', R - N, S)
  range('s - n', R, S - N)
  range('-r', -R, S)
  range('-s', R, -S)
  range('-1 for both', -1n, -1n)
  range(
    "r read as two's complement because its zero byte is missing",
    BigInt.asIntN(256, PADDED.r),
    PADDED.s,
  )
  range('s in the same way', PADDED.r, BigInt.asIntN(256, PADDED.s))
  range('r of 1,000 bytes', 1n << 7992n, S)
  const wrong = (why: string, r: bigint, s: bigint): void => add('mismatch', why, encoded({ r, s }))
  wrong('r = 1 and s = 1', 1n, 1n)
  wrong('r = 1 and s = n - 1', 1n, N - 1n)
  wrong('r = n - 1 and s = 1', N - 1n, 1n)
  wrong('r = n - 1 and s = n - 1', N - 1n, N - 1n)
  wrong('n - r', N - R, S)
  wrong('r and s exchanged', S, R)
  wrong('r + 1', R + 1n, S)
  wrong('s + 1', R, S + 1n)
  wrong('1/s', R, inverse(S, N))
  wrong('p - n for r, so that r + n = p', P - N, S)
  wrong('s of another signature by this key', R, PLAIN.s)
  const atInfinity = mod(-HASH * inverse(D, N), N)
  wrong('numbers that add up to the point at infinity', atInfinity, S)
  wrong('the same, and s = r', atInfinity, atInfinity)
}

function foreign(list: SignatureCaseList): void {
  const add = adder(
    list,
    'numbers chosen, encoded in DER',
    'CONTRACT §1: SHA-256, this key, these bytes',
  )
  for (const digest of ['sha1', 'sha384', 'sha512'])
    add('digest', `over ${digest}`, encoded(signWithNonce(digest, D, digest)))
  const unhashed = toNumber(MESSAGE_BYTES.subarray(0, 32))
  add(
    'digest',
    'over the first 32 bytes as they are',
    encoded(signNumbers(D, unhashed, new Random('unhashed').number(255))),
  )
  add('mismatch', 'made by another key', encoded(signWithNonce('other', D + 1n)))
  add('mismatch', 'a bit of r flipped', flipBit(encoded(PLAIN), 20))
  add('mismatch', 'a bit of s flipped', flipBit(encoded(PLAIN), -1))
  const text = MESSAGE_BYTES.toString()
  const over = (message: string): Buffer =>
    encoded(signNumbers(D, hashed(Buffer.from(message)), new Random('over').number(255)))
  add('ok', 'no text', over(''), { message: '' })
  add('ok', 'a long text', over('x'.repeat(1000)), { message: 'x'.repeat(1000) })
  add('mismatch', 'over no bytes', over(''))
  add('mismatch', 'over a final newline more', over(`${text}\n`))
  add('mismatch', 'over the hash as hex', over(HASH.toString(16)))
  for (const [name, expect] of [
    ['ec-secp256k1', 'mismatch'],
    ['ec-secp384r1', 'range'],
    ['ec-secp521r1', 'range'],
    ['dsa-2048', 'mismatch'],
  ] as const)
    add(expect, `made with ${name} instead`, Buffer.from(OTHER_SIGNATURES[name]!, 'hex'), {
      recipe: `crypto.sign with keys/${name}, once`,
    })
}

/** Keys made to fit the numbers: each is refused or taken as its equation says. */
function chosenKeys(list: SignatureCaseList): void {
  const recipe = 'the key follows from the numbers: Q = (s·R - e·G) / r'
  const add = adder(list, recipe, 'Wycheproof ecdsa_secp256r1_sha256: edge cases of the arithmetic')
  let count = 0
  const chosen = (
    expect: SignatureFault | 'ok',
    why: string,
    point: Point,
    numbers: Numbers,
    shown = numbers,
  ): void => {
    count += 1
    const spki = spkiOfPoint(keyFor(point, numbers))
    add(expect, why, encoded(shown), { key: `p-256-chosen-${count}`, spki })
  }
  const large = pointWithLargeX()
  const wrapped = { r: large[0] - N, s: S }
  chosen('ok', 'an x of R above n: r is x - n', large, wrapped)
  chosen('range', 'the same with x itself as r', large, wrapped, { r: large[0], s: S })
  const [gx] = G as readonly [bigint, bigint]
  chosen('ok', 'R is G: the nonce was 1', G, { r: gx, s: S })
  const point = multiply(G, 0x1234567n) as readonly [bigint, bigint]
  const r = point[0] % N
  for (const [why, s] of [
    ['s = 1', 1n],
    ['s = 2', 2n],
    ['s = n - 1', N - 1n],
    ['s of 16 bytes', 2n ** 127n + 1n],
    ['s = (n + 1) / 2, the first high one', (N + 1n) / 2n],
    ['s = (n - 1) / 2, the last low one', (N - 1n) / 2n],
    ['s = the hash, so that u1 = 1', HASH],
    ['s = r, so that u2 = 1', r],
  ] as const)
    chosen('ok', why, point, { r, s })
  byPrivateKey(list)
}

function keyFor(point: Point, { r, s }: Numbers): Point {
  const difference = addPoints(multiply(point, s), multiply(G, mod(-HASH, N)))
  return multiply(difference, inverse(r, N))
}

/** Of the few x between n and p, the first on the curve. */
function pointWithLargeX(): readonly [bigint, bigint] {
  for (let x = N; ; x += 1n) {
    const point = pointAt(x)
    if (point !== null && x > N) return point
  }
}

function byPrivateKey(list: SignatureCaseList): void {
  const add = adder(
    list,
    'signed by hand with a chosen private key',
    'Wycheproof ecdsa_secp256r1_sha256: edge cases of the arithmetic',
  )
  const k = 0x7654321n
  const r = mod(multiply(G, k)![0], N)
  const same = { r, s: mod(2n * HASH * inverse(k, N), N) }
  const keys: readonly [string, bigint, Numbers][] = [
    ['u1·G and u2·Q are one point: it is doubled, not added', HASH * inverse(r, N), same],
    ['Q = G: its form is good, whoever knows the key', 1n, signWithNonce('one', 1n)],
    ['Q = -G', N - 1n, signWithNonce('minus one', N - 1n)],
    ['Q = 2·G', 2n, signWithNonce('two', 2n)],
  ]
  for (const [index, [why, d, chosen]] of keys.entries())
    add('ok', why, encoded(chosen), {
      key: `p-256-private-${index + 1}`,
      spki: spkiOfPoint(multiply(G, d)),
    })
}
