import { createHash, createPublicKey, type KeyObject } from 'node:crypto'

import type { SignatureFault } from './case.js'
import * as edwards from './edwards.js'
import { toNumber } from './numbers.js'
import * as p256 from './p256.js'
import { mgf1, numbersOf, recovered, xor } from './pss.js'

const DIGESTS = ['sha256', 'sha1', 'sha384', 'sha512'] as const

/**
 * A second judge, written from the RFCs with whole numbers and without OpenSSL's signatures. It says
 * what is wrong, so that no case is refused for another reason than its own. Null where nothing is.
 */
export function faultOf(spki: Buffer, message: Buffer, signature: Buffer): SignatureFault | null {
  const key = createPublicKey({ key: spki, format: 'der', type: 'spki' })
  if (key.asymmetricKeyType === 'rsa') return rsaFault(key, message, signature)
  if (key.asymmetricKeyType === 'ed25519')
    return ed25519Fault(edwards.keyBytesOf(spki), message, signature)
  const isP256 = key.asymmetricKeyDetails?.namedCurve === 'prime256v1'
  return isP256 ? ecdsaFault(spki, message, signature) : 'key_type'
}

/** RFC 8017 §8.1.2. */
function rsaFault(key: KeyObject, message: Buffer, signature: Buffer): SignatureFault | null {
  const numbers = numbersOf(key)
  if (signature.length !== numbers.bytes) return 'length'
  if (toNumber(signature) >= numbers.n) return 'range'
  const encoded = recovered(numbers, signature)
  if (encoded[0] === 0 && encoded[1] === 1 && encoded[2] === 0xff) return 'scheme'
  if (encoded.at(-1) !== 0xbc) return 'trailer'
  if ((encoded[0] ?? 0) >= 0x80) return 'top_bits'
  for (const digest of DIGESTS)
    for (const mask of DIGESTS) {
      const salt = saltOf(message, encoded, digest, mask)
      if (salt === null) continue
      if (digest !== 'sha256') return 'digest'
      if (mask !== 'sha256') return 'mgf1_digest'
      return salt.length === 32 ? null : 'salt_length'
    }
  const block = unmasked(encoded, 32, 'sha256')
  const padding = block.subarray(0, -32)
  const isPadded = padding.at(-1) === 1 && padding.subarray(0, -1).every((byte) => byte === 0)
  return isPadded ? 'mismatch' : 'padding'
}

/** RFC 8017 §9.1.2, for any salt length; null unless H is right. */
function saltOf(message: Buffer, encoded: Buffer, digest: string, mask: string): Buffer | null {
  const messageHash = createHash(digest).update(message).digest()
  const block = unmasked(encoded, messageHash.length, mask)
  const separator = block.findIndex((byte) => byte !== 0)
  if (block[separator] !== 1) return null
  const salt = block.subarray(separator + 1)
  const hash = createHash(digest)
    .update(Buffer.concat([Buffer.alloc(8), messageHash, salt]))
    .digest()
  return encoded.subarray(-hash.length - 1, -1).equals(hash) ? salt : null
}

function unmasked(encoded: Buffer, hashLength: number, mask: string): Buffer {
  const masked = encoded.subarray(0, -hashLength - 1)
  const hash = encoded.subarray(-hashLength - 1, -1)
  const block = xor(masked, mgf1(hash, masked.length, mask))
  block[0] = (block[0] ?? 0) & 0x7f
  return block
}

/** FIPS 186-5 §6.4.2 over RFC 3279 §2.2.3. */
function ecdsaFault(spki: Buffer, message: Buffer, signature: Buffer): SignatureFault | null {
  const numbers = readNumbers(signature)
  if (numbers === null) return 'encoding'
  const { r, s } = numbers
  if (r < 1n || r >= p256.N || s < 1n || s >= p256.N) return 'range'
  const point = [toNumber(spki.subarray(-64, -32)), toNumber(spki.subarray(-32))] as const
  const digest = DIGESTS.find((each) =>
    p256.verifyNumbers(point, p256.hashed(message, each), numbers),
  )
  if (digest === undefined)
    return p256.verifyNumbers(point, toNumber(message.subarray(0, 32)), numbers)
      ? 'digest'
      : 'mismatch'
  return digest === 'sha256' ? null : 'digest'
}

/** Two INTEGERs in a SEQUENCE, each in the one way that DER has: what was read is written again. */
function readNumbers(bytes: Buffer): p256.Numbers | null {
  const [body] = split(bytes)
  const [r, rest] = split(body)
  const [s] = split(rest)
  const numbers = { r: signed(r), s: signed(s) }
  return p256.encoded(numbers).equals(bytes) ? numbers : null
}

/** The content of the first value, read as leniently as can be, and what follows it. */
function split(bytes: Buffer): [Buffer, Buffer] {
  const size = (bytes[1] ?? 0) > 0x80 ? (bytes[1] ?? 0) & 7 : 0
  const length = size === 0 ? (bytes[1] ?? 0) : Number(toNumber(bytes.subarray(2, 2 + size)))
  const start = 2 + size
  return [bytes.subarray(start, start + length), bytes.subarray(start + length)]
}

/** Two's complement. */
function signed(bytes: Buffer): bigint {
  return BigInt.asIntN(bytes.length * 8, toNumber(bytes))
}

/** RFC 8032 §5.1.7 without the factor 8, and no point that anybody could have chosen. */
function ed25519Fault(key: Buffer, message: Buffer, signature: Buffer): SignatureFault | null {
  if (signature.length !== 64) return 'length'
  const [r, s] = [signature.subarray(0, 32), edwards.littleEndian(signature.subarray(32))]
  if (s >= edwards.L) return 'range'
  const [point, commitment] = [edwards.decodePoint(key), edwards.decodePoint(r)]
  if (point === null || !edwards.isCanonical(key)) return 'key_encoding'
  if (commitment === null || !edwards.isCanonical(r)) return 'encoding'
  if (edwards.isSmallOrder(point) || edwards.isSmallOrder(commitment)) return 'small_order'
  const differenceFor = (prefix: Buffer, bytes: Buffer): edwards.Point => {
    const challenge = edwards.challengeOf(prefix, r, key, bytes)
    const expected = edwards.add(commitment, edwards.multiply(point, challenge))
    return edwards.add(edwards.multiply(edwards.BASE, s), edwards.negative(expected))
  }
  const difference = differenceFor(edwards.prefixOf('plain'), message)
  if (edwards.isSame(difference, edwards.NEUTRAL)) return null
  if (edwards.isSmallOrder(difference)) return 'mixed_order'
  const hashed = edwards.sha512(message)
  const others = [
    differenceFor(edwards.prefixOf('ph'), hashed),
    differenceFor(edwards.prefixOf('ctx', 'dpc-hub'), message),
    differenceFor(edwards.prefixOf('ctx'), message),
    differenceFor(edwards.prefixOf('plain'), hashed),
  ]
  return others.some((each) => edwards.isSame(each, edwards.NEUTRAL)) ? 'scheme' : 'mismatch'
}
