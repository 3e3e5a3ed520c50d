import { createHash, type KeyObject } from 'node:crypto'

import { algorithm } from '../../../support/x509.js'
import { spkiDer } from '../case.js'

import { inverse, mod, power, reversed, toBytes, toNumber } from './numbers.js'

/** Edwards25519 of RFC 8032 §5.1 written out, so that points and numbers can be chosen. */
export type Point = readonly [x: bigint, y: bigint]

export const P = 2n ** 255n - 19n
/** The order of the base point. */
export const L = 2n ** 252n + 27742317777372353535851937790883648493n
const D = mod(-121665n * inverse(121666n, P), P)
const ROOT_OF_MINUS_1 = power(2n, (P - 1n) / 4n, P)

export const NEUTRAL: Point = [0n, 1n]
export const BASE = decodePoint(toBytes((4n * inverse(5n, P)) % P, 32).reverse())!

/** x = X/Z, y = Y/Z, x·y = T/Z: adding needs no division (RFC 8032 §5.1.4). */
type Extended = readonly [X: bigint, Y: bigint, Z: bigint, T: bigint]

function extended([x, y]: Point): Extended {
  return [x, y, 1n, mod(x * y, P)]
}

function sum([x1, y1, z1, t1]: Extended, [x2, y2, z2, t2]: Extended): Extended {
  const a = mod((y1 - x1) * (y2 - x2), P)
  const b = mod((y1 + x1) * (y2 + x2), P)
  const c = mod(2n * t1 * t2 * D, P)
  const d = mod(2n * z1 * z2, P)
  const [e, f, g, h] = [b - a, d - c, d + c, b + a]
  return [mod(e * f, P), mod(g * h, P), mod(f * g, P), mod(e * h, P)]
}

function affine([x, y, z]: Extended): Point {
  const divisor = inverse(z, P)
  return [mod(x * divisor, P), mod(y * divisor, P)]
}

export function add(a: Point, b: Point): Point {
  return affine(sum(extended(a), extended(b)))
}

export function multiply(point: Point, factor: bigint): Point {
  let result = extended(NEUTRAL)
  let double = extended(point)
  for (let rest = factor; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = sum(result, double)
    double = sum(double, double)
  }
  return affine(result)
}

export function negative([x, y]: Point): Point {
  return [mod(-x, P), y]
}

export function isSame(a: Point, b: Point): boolean {
  return a[0] === b[0] && a[1] === b[1]
}

export function isSmallOrder(point: Point): boolean {
  return isSame(multiply(point, 8n), NEUTRAL)
}

export function encodePoint([x, y]: Point): Buffer {
  return toBytes(y | ((x & 1n) << 255n), 32).reverse()
}

/** The point, also of an encoding that is not canonical; null where there is none (RFC 8032 §5.1.3). */
export function decodePoint(bytes: Buffer): Point | null {
  const value = toNumber(reversed(bytes))
  const y = mod(BigInt.asUintN(255, value), P)
  const square = mod((y * y - 1n) * inverse(D * y * y + 1n, P), P)
  let x = power(square, (P + 3n) / 8n, P)
  if (mod(x * x - square, P) !== 0n) x = mod(x * ROOT_OF_MINUS_1, P)
  if (mod(x * x - square, P) !== 0n) return null
  return [mod((x & 1n) === value >> 255n ? x : -x, P), y]
}

/** Whether RFC 8032 §5.1.2 would write the point so. */
export function isCanonical(bytes: Buffer): boolean {
  const point = decodePoint(bytes)
  return point !== null && encodePoint(point).equals(bytes)
}

/** One of the eight points whose order divides 8; index 1 has order 8. */
export function smallPoint(index: number): Point {
  const order8 = decodePoint(
    Buffer.from('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05', 'hex'),
  )!
  return multiply(order8, BigInt(index))
}

/** Empty for plain Ed25519. */
export function prefixOf(variant: 'plain' | 'ctx' | 'ph', context = ''): Buffer {
  if (variant === 'plain') return Buffer.alloc(0)
  const flags = Buffer.from([variant === 'ph' ? 1 : 0, context.length])
  const text = 'SigEd25519 no Ed25519 collisions'
  return Buffer.concat([Buffer.from(text), flags, Buffer.from(context)])
}

/** k of RFC 8032 §5.1.7. */
export function challengeOf(...parts: readonly Buffer[]): bigint {
  return mod(littleEndian(sha512(...parts)), L)
}

export function sha512(...parts: readonly Buffer[]): Buffer {
  return createHash('sha512').update(Buffer.concat(parts)).digest()
}

export function littleEndian(bytes: Uint8Array): bigint {
  return toNumber(reversed(bytes))
}

/** R and S as a signature has them. */
export function joined(r: Buffer, s: bigint): Buffer {
  return Buffer.concat([r, toBytes(s, 32).reverse()])
}

/** The secret number of a private key (RFC 8032 §5.1.5). */
export function scalarOf(key: KeyObject): bigint {
  const seed = Buffer.from(key.export({ format: 'jwk' }).d!, 'base64url')
  const low = littleEndian(sha512(seed).subarray(0, 32))
  return (BigInt.asUintN(254, low) | (1n << 254n)) & ~7n
}

export function spkiOfPoint(encoding: Buffer): Buffer {
  return spkiDer(algorithm('1.3.101.112'), encoding)
}

/** The raw key at the end of a SubjectPublicKeyInfo. */
export function keyBytesOf(spki: Buffer): Buffer {
  return spki.subarray(-32)
}
