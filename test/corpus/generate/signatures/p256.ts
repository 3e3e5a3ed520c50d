import { createHash } from 'node:crypto'

import * as der from '../../../support/der.js'
import { algorithm } from '../../../support/x509.js'
import { spkiDer } from '../case.js'

import { inverse, mod, power, toBytes, toNumber } from './numbers.js'

/** P-256 of FIPS 186 written out, so that the numbers of a signature can be chosen. Null is infinity. */
export type Point = readonly [x: bigint, y: bigint] | null

export const P = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n
/** The order of the group. */
export const N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
const B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn
export const G: Point = [
  0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296n,
  0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5n,
]

/** x = X/Z^2, y = Y/Z^3: adding needs no division. Z = 0 is infinity. */
type Jacobian = readonly [X: bigint, Y: bigint, Z: bigint]

function jacobian(point: Point): Jacobian {
  return point === null ? [1n, 1n, 0n] : [point[0], point[1], 1n]
}

function doubled([x, y, z]: Jacobian): Jacobian {
  const ySquare = mod(y * y, P)
  const s = mod(4n * x * ySquare, P)
  const zSquare = mod(z * z, P)
  const m = mod(3n * (x - zSquare) * (x + zSquare), P)
  const nextX = mod(m * m - 2n * s, P)
  return [nextX, mod(m * (s - nextX) - 8n * ySquare * ySquare, P), mod(2n * y * z, P)]
}

function sum(a: Jacobian, b: Jacobian): Jacobian {
  if (a[2] === 0n) return b
  if (b[2] === 0n) return a
  const [aSquare, bSquare] = [mod(a[2] * a[2], P), mod(b[2] * b[2], P)]
  const u = mod(a[0] * bSquare, P)
  const s = mod(a[1] * bSquare * b[2], P)
  const h = mod(b[0] * aSquare - u, P)
  const r = mod(b[1] * aSquare * a[2] - s, P)
  if (h === 0n) return r === 0n ? doubled(a) : [1n, 1n, 0n]
  const hSquare = mod(h * h, P)
  const hCube = mod(hSquare * h, P)
  const x = mod(r * r - hCube - 2n * u * hSquare, P)
  return [x, mod(r * (u * hSquare - x) - s * hCube, P), mod(h * a[2] * b[2], P)]
}

function affine([x, y, z]: Jacobian): Point {
  if (z === 0n) return null
  const divisor = inverse(z, P)
  return [mod(x * divisor ** 2n, P), mod(y * divisor ** 3n, P)]
}

export function add(a: Point, b: Point): Point {
  return affine(sum(jacobian(a), jacobian(b)))
}

export function multiply(point: Point, factor: bigint): Point {
  let result = jacobian(null)
  let double = jacobian(point)
  for (let rest = mod(factor, N); rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = sum(result, double)
    double = doubled(double)
  }
  return affine(result)
}

/** The point with this x and an even y; null where the curve has none. */
export function pointAt(x: bigint): Point {
  const square = mod(x * x * x - 3n * x + B, P)
  const root = power(square, (P + 1n) / 4n, P)
  if (mod(root * root, P) !== square) return null
  return [x, root % 2n === 0n ? root : P - root]
}

export function hashed(message: Buffer, digest = 'sha256'): bigint {
  const bytes = createHash(digest).update(message).digest()
  return toNumber(bytes.subarray(0, 32))
}

export interface Numbers {
  readonly r: bigint
  readonly s: bigint
}

/** With the nonce given (FIPS 186-5 §6.4.1). */
export function signNumbers(d: bigint, hash: bigint, k: bigint): Numbers {
  const r = mod(multiply(G, k)?.[0] ?? 0n, N)
  return { r, s: mod((hash + r * d) * inverse(k, N), N) }
}

/** FIPS 186-5 §6.4.2, for numbers in their range. */
export function verifyNumbers(key: Point, hash: bigint, { r, s }: Numbers): boolean {
  const w = inverse(s, N)
  const found = add(multiply(G, hash * w), multiply(key, r * w))
  return found !== null && mod(found[0], N) === r
}

export function encoded({ r, s }: Numbers): Buffer {
  return der.sequence(der.integer(r), der.integer(s))
}

const CURVE = algorithm('1.2.840.10045.2.1', der.oid('1.2.840.10045.3.1.7'))

export function spkiOfPoint(point: Point): Buffer {
  if (point === null) throw new Error('infinity is no key')
  const content = [Buffer.from([4]), toBytes(point[0], 32), toBytes(point[1], 32)]
  return spkiDer(CURVE, Buffer.concat(content))
}
