import { createPublicKey, type KeyObject } from 'node:crypto'

import { CertificateError } from './certificate.errors.js'
import { COMPROMISED_KEYS } from './compromised-keys.js'
import { DerError, DerFields, dotted, readDer, TAG, wholeBytes, type DerValue } from './der.js'
import { pointFault } from './ed25519.js'
import { spkiSha256Of } from './node-id.js'
import { checkModulus } from './weak-keys.js'

/** Which keys a route takes: the classic one only RSA, the modern one also P-256 and Ed25519 (CONTRACT §2). */
export type AcceptedKeys = 'rsa' | 'any'

const RSA = '1.2.840.113549.1.1.1'
const EC = '1.2.840.10045.2.1'
const P256 = '1.2.840.10045.3.1.7'
const ED25519 = '1.3.101.112'

const RSA_BITS: readonly number[] = [2048, 3072, 4096]
const RSA_EXPONENT = 65537
/** 04 and two coordinates of 32 bytes. */
const P256_POINT_BYTES = 65
const ED25519_BYTES = 32

/** What people call the algorithms that are refused. */
const OTHER_ALGORITHMS: ReadonlyMap<string, string> = new Map([
  ['1.2.840.113549.1.1.10', 'RSASSA-PSS'],
  ['1.2.840.113549.1.1.7', 'RSAES-OAEP'],
  ['1.2.840.10040.4.1', 'DSA'],
  ['1.2.840.113549.1.3.1', 'Diffie-Hellman'],
  ['1.3.101.110', 'X25519'],
  ['1.3.101.111', 'X448'],
  ['1.3.101.113', 'Ed448'],
  ['2.16.840.1.101.3.4.3.17', 'ML-DSA-44'],
  ['2.16.840.1.101.3.4.3.18', 'ML-DSA-65'],
  ['2.16.840.1.101.3.4.3.19', 'ML-DSA-87'],
  [EC, 'EC'],
  [ED25519, 'Ed25519'],
])

/**
 * Reads a SubjectPublicKeyInfo and checks that a node may use the key.
 *
 * @throws DerError          the structure is not that of a SubjectPublicKeyInfo
 * @throws CertificateError  algorithm, size, exponent, form or strength of the key
 */
export function checkPublicKey(spki: DerValue, accept: AcceptedKeys): KeyObject {
  const fields = new DerFields(spki, 'subjectPublicKeyInfo')
  const algorithm = fields.take(TAG.sequence, 'algorithm')
  const bitString = fields.take(TAG.bitString, 'subjectPublicKey')
  fields.end()
  const id = dotted(new DerFields(algorithm, 'algorithm').take(TAG.oid, 'algorithm'))
  const point = wholeBytes(bitString)
  const modulus = checkAlgorithm(id, algorithm, point, accept)
  const key = importKey(spki.bytes)
  if (COMPROMISED_KEYS.has(spkiSha256Of(key)))
    throw new CertificateError(
      'key_compromised',
      'key: its private half is published: anybody can use it; make a new key',
    )
  if (modulus !== null) checkModulus(modulus)
  return key
}

/** The modulus when the key is RSA. */
function checkAlgorithm(
  id: string,
  algorithm: DerValue,
  point: Buffer,
  accept: AcceptedKeys,
): Buffer | null {
  if (id === RSA) return checkRsa(point)
  if (accept === 'any' && id === EC) return checkP256(algorithm, point)
  if (accept === 'any' && id === ED25519) return checkEd25519(point)
  throw unsupported(accept, OTHER_ALGORITHMS.get(id) ?? id.slice(0, 64))
}

function checkRsa(bytes: Buffer): Buffer {
  const { modulus, exponent } = readRsa(bytes)
  const bits = bitLength(modulus)
  if (!RSA_BITS.includes(bits))
    throw new CertificateError(
      'key_size_unsupported',
      `key: expected an RSA modulus of 2048, 3072 or 4096 bits, found ${bits}`,
    )
  if (exponent.length > 4 || exponent.readUIntBE(0, exponent.length) !== RSA_EXPONENT) {
    const found =
      exponent.length > 4
        ? `one of ${bitLength(exponent)} bits`
        : exponent.readUIntBE(0, exponent.length)
    throw new CertificateError(
      'key_exponent_unsupported',
      `key: expected the RSA exponent ${RSA_EXPONENT}, found ${found}`,
    )
  }
  return modulus
}

/** Both numbers without leading zeros (RFC 8017 A.1.1). */
function readRsa(bytes: Buffer): { modulus: Buffer; exponent: Buffer } {
  try {
    const fields = new DerFields(readDer(bytes), 'RSAPublicKey')
    const modulus = unsigned(fields.take(TAG.integer, 'modulus'))
    const exponent = unsigned(fields.take(TAG.integer, 'publicExponent'))
    fields.end()
    return { modulus, exponent }
  } catch (error) {
    if (!(error instanceof DerError)) throw error
    throw new CertificateError('key_malformed', `key: ${error.message}`, { cause: error })
  }
}

function unsigned({ content }: DerValue): Buffer {
  const start = content[0] === 0 ? 1 : 0
  if ((content[0] ?? 0) >= 0x80 || content.length === start)
    throw new DerError('expected positive numbers, found 0 or a negative one')
  return content.subarray(start)
}

function bitLength(number: Buffer): number {
  return number.length * 8 - Math.clz32(number[0] ?? 0) + 24
}

function checkP256(algorithm: DerValue, point: Buffer): null {
  const [, curve] = algorithm.children
  const name = curve?.tag === TAG.oid ? dotted(curve) : 'explicit parameters'
  if (name !== P256) throw unsupported('any', `EC ${name.slice(0, 61)}`)
  // OpenSSL would keep a compressed point as it is: one key would have two ids.
  if (point.length !== P256_POINT_BYTES || point[0] !== 4)
    throw new CertificateError('key_not_canonical', 'key: expected an uncompressed P-256 point')
  return null
}

function checkEd25519(point: Buffer): null {
  if (point.length !== ED25519_BYTES)
    throw new CertificateError(
      'key_malformed',
      `key: expected ${ED25519_BYTES} bytes of Ed25519 key, found ${point.length}`,
    )
  const fault = pointFault(point)
  if (fault === 'not-canonical')
    throw new CertificateError(
      'key_not_canonical',
      'key: the Ed25519 key is not in its shortest form',
    )
  if (fault === 'small-order')
    throw new CertificateError('key_weak_small_order', 'key: the Ed25519 key is of small order')
  return null
}

/** The node's ids are taken from Node's export, so the certificate must hold the very same bytes. */
function importKey(spki: Buffer): KeyObject {
  let key: KeyObject
  try {
    key = createPublicKey({ key: spki, format: 'der', type: 'spki' })
  } catch (cause) {
    throw new CertificateError('key_malformed', 'key: OpenSSL cannot read it', { cause })
  }
  if (!key.export({ format: 'der', type: 'spki' }).equals(spki))
    throw new CertificateError(
      'key_not_canonical',
      'key: the SubjectPublicKeyInfo is not in its canonical form (for RSA the algorithm has a NULL parameter)',
    )
  return key
}

function unsupported(accept: AcceptedKeys, found: string): CertificateError {
  const expected = accept === 'rsa' ? 'an RSA key' : 'an RSA, P-256 or Ed25519 key'
  return new CertificateError(
    'key_algorithm_unsupported',
    `key: expected ${expected}, found ${found}`,
  )
}
