import {
  checkPrimeSync,
  createHash,
  createPublicKey,
  type JsonWebKey,
  type KeyObject,
} from 'node:crypto'

import { COMPROMISED_JWK, COMPROMISED_RSA } from '../../corpus/generate/published.js'
import { PUBLISHED } from '../../corpus/generate/recombined/keys.js'
import { decodePoint, isCanonical, isSmallOrder } from '../../corpus/generate/signatures/edwards.js'

/** The key when a node may have it, else why not. By OpenSSL's reading of it and simple arithmetic. */
export function judgedKey(spki: Buffer, accept: 'rsa' | 'any'): KeyObject | string {
  const key = readKey(spki)
  if (key === null) return 'OpenSSL reads no key, or writes it otherwise'
  const { modulusLength, publicExponent, namedCurve } = key.asymmetricKeyDetails ?? {}
  const type = key.asymmetricKeyType ?? ''
  const form = [type, modulusLength, publicExponent, namedCurve, spki.length].join(' ')
  const isRsa = /^rsa (2048|3072|4096) 65537 /.test(form)
  const isModern = accept === 'any' && /^ec   prime256v1 91$|^ed25519    44$/.test(form)
  if (!isRsa && !isModern) return `not a key for this route: ${form}`
  return weaknessOf(key, spki) ?? key
}

function readKey(spki: Buffer): KeyObject | null {
  try {
    const key = createPublicKey({ key: spki, format: 'der', type: 'spki' })
    return key.export({ format: 'der', type: 'spki' }).equals(spki) ? key : null
  } catch {
    return null
  }
}

const weaknesses = new Map<string, string | null>()

/** Few keys make many certificates: each is judged once. */
function weaknessOf(key: KeyObject, spki: Buffer): string | null {
  const id = createHash('sha256').update(spki).digest('hex')
  const known = weaknesses.get(id)
  if (known !== undefined) return known
  const found = COMPROMISED.has(id) ? 'its private half is published' : weakNumbers(key, spki)
  weaknesses.set(id, found)
  return found
}

const COMPROMISED = new Set(
  [
    ...Object.values(COMPROMISED_JWK).map(spkiOfJwk),
    ...Object.values(COMPROMISED_RSA).map((n) => spkiOfJwk({ kty: 'RSA', n, e: 'AQAB' })),
    ...PUBLISHED.map(({ spki }) => spki),
  ].map((spki) => createHash('sha256').update(spki).digest('hex')),
)

function spkiOfJwk(key: JsonWebKey): Buffer {
  return createPublicKey({ key, format: 'jwk' }).export({ format: 'der', type: 'spki' })
}

function weakNumbers(key: KeyObject, spki: Buffer): string | null {
  if (key.asymmetricKeyType === 'ec') return null
  if (key.asymmetricKeyType === 'ed25519') {
    const bytes = spki.subarray(-32)
    const point = decodePoint(bytes)
    // A y without a point passes: the hub does not look, and no signature is right for it.
    if (point === null) return null
    return !isCanonical(bytes) || isSmallOrder(point) ? 'a point of small order' : null
  }
  const text = key.export({ format: 'jwk' }).n ?? ''
  return weakModulus(BigInt(`0x${Buffer.from(text, 'base64url').toString('hex')}`))
}

function weakModulus(n: bigint): string | null {
  for (let factor = 2n; factor < 752n; factor += 1n)
    if (n % factor === 0n) return `the factor ${factor}`
  if (isRoca(n)) return 'ROCA'
  let a = root(n, 2n)
  if (a * a < n) a += 1n
  for (let round = 1; round <= 110; round += 1, a += 1n)
    if (root(a * a - n, 2n) ** 2n === a * a - n) return `close primes, round ${round}`
  for (let degree = 2n; degree < 64n; degree += 1n)
    if (root(n, degree) ** degree === n) return `a power of degree ${degree}`
  const isShort = n < 1n << 3072n
  return isShort && checkPrimeSync(n) ? 'a prime' : null
}

/** In the group modulo p, the powers of 65537 are what their count raises to 1. */
function isRoca(n: bigint): boolean {
  const primes = Array.from({ length: 165 }, (_, index) => BigInt(index + 3)).filter((p) =>
    checkPrimeSync(p),
  )
  return primes.every((p) => raised(n, orderOf(65537n, p), p) === 1n)
}

function orderOf(value: bigint, p: bigint): bigint {
  let order = 1n
  while (raised(value, order, p) !== 1n) order += 1n
  return order
}

function raised(base: bigint, exponent: bigint, p: bigint): bigint {
  let result = 1n
  for (let count = 0n; count < exponent; count += 1n) result = (result * base) % p
  return result
}

/** The whole part of the root, bit by bit. */
function root(value: bigint, degree: bigint): bigint {
  let low = 0n
  let high = 1n << (BigInt(value.toString(2).length) / degree + 1n)
  while (low < high) {
    const middle = (low + high + 1n) >> 1n
    if (middle ** degree <= value) low = middle
    else high = middle - 1n
  }
  return low
}
