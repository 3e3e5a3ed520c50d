import { constants, verify, type KeyObject } from 'node:crypto'

import { z } from 'zod'

import { pointFault } from './ed25519.js'

/** What a node signs for: `node-proof` registers it, `node-login` logs in with its key alone. */
export type ProofKind = 'node-proof' | 'node-login'

export interface Proof {
  readonly kind: ProofKind
  /** The hub's own origin, so that no other hub can pass the signature on. */
  readonly origin: string
  /** Null for a login: the node does not know its account then. */
  readonly accountId: number | null
  readonly nodeId: string
  /** SHA-256 of the DER SubjectPublicKeyInfo, lower-case hex. */
  readonly spkiSha256: string
  /** base64url, as sent. */
  readonly challenge: string
  /** The text of `expires_at`, as sent. */
  readonly expiresAt: string
}

/** The old key's word for the new one. */
export interface Rotation {
  readonly origin: string
  readonly accountId: number
  readonly oldNodeId: string
  readonly oldSpkiSha256: string
  readonly newNodeId: string
  readonly newSpkiSha256: string
  readonly challenge: string
  readonly expiresAt: string
}

/** A prekey that the node's key vouches for. */
export interface Prekey {
  /** Of the node's key. */
  readonly spkiSha256: string
  readonly kind: 'signed' | 'last_resort'
  readonly keyId: number
  /** base64url. */
  readonly publicKey: string
}

/** What a node signs to prove its key: CONTRACT §1, "Proof bytes". */
export function proofBytes(proof: Proof): Buffer {
  return lines(
    `dpc-hub ${proof.kind} v1`,
    proof.origin,
    proof.accountId === null ? '-' : String(proof.accountId),
    proof.nodeId,
    proof.spkiSha256,
    proof.challenge,
    proof.expiresAt,
  )
}

/** What the old key of a node signs to name its successor. */
export function rotationBytes(rotation: Rotation): Buffer {
  return lines(
    'dpc-hub node-rotation v1',
    rotation.origin,
    String(rotation.accountId),
    rotation.oldNodeId,
    rotation.oldSpkiSha256,
    rotation.newNodeId,
    rotation.newSpkiSha256,
    rotation.challenge,
    rotation.expiresAt,
  )
}

/** What a node signs for each prekey that others will meet without it. */
export function prekeyBytes(prekey: Prekey): Buffer {
  return lines(
    'dpc-hub prekey v1',
    prekey.spkiSha256,
    prekey.kind,
    String(prekey.keyId),
    prekey.publicKey,
  )
}

/** @throws TypeError  for a value with a line break: it could pass for two lines of another statement */
function lines(...values: readonly string[]): Buffer {
  if (values.some((value) => /[\r\n]/.test(value)))
    throw new TypeError('a line of a signed statement holds a line break')
  return Buffer.from(values.join('\n'), 'utf8')
}

/** SHA-256's length, which is also the salt that RFC 8017 §9.1 takes for typical. */
const PSS_SALT_BYTES = 32
const ED25519_SIGNATURE_BYTES = 64
const ED25519_POINT_BYTES = 32

/**
 * Whether the private half of this key signed these bytes. One algorithm for each type of key
 * (CONTRACT §1): RSASSA-PSS with SHA-256, MGF1 with SHA-256 and a salt of 32 bytes (RFC 8017 §8.1.2);
 * ECDSA on P-256 with SHA-256 in DER (RFC 3279 §2.2.3); Ed25519 (RFC 8032 §5.1.7) with canonical
 * values and no point of small order. False for every other key and for whatever is malformed.
 *
 * NOTE: of an ECDSA signature anybody can make a second one, (r, n - s). Never use a signature's own
 * bytes to tell whether it was used before; the challenge is what is used up.
 */
export function isSignedBy(publicKey: KeyObject, bytes: Buffer, signature: Buffer): boolean {
  if (publicKey.type !== 'public') return false
  try {
    switch (publicKey.asymmetricKeyType) {
      case 'rsa':
        return isSignedByRsa(publicKey, bytes, signature)
      case 'ec':
        return isSignedByP256(publicKey, bytes, signature)
      case 'ed25519':
        return isSignedByEd25519(publicKey, bytes, signature)
      default:
        return false
    }
  } catch {
    // OpenSSL throws for some keys and signatures that it cannot read, and returns false for others.
    return false
  }
}

function isSignedByRsa(key: KeyObject, bytes: Buffer, signature: Buffer): boolean {
  // OpenSSL takes a signature without its leading zeros, RFC 8017 §8.1.2 does not.
  const modulusBytes = Math.ceil((key.asymmetricKeyDetails?.modulusLength ?? 0) / 8)
  if (signature.length !== modulusBytes) return false
  const padding = constants.RSA_PKCS1_PSS_PADDING
  return verify('sha256', bytes, { key, padding, saltLength: PSS_SALT_BYTES }, signature)
}

/** OpenSSL compares the signature with its own encoding of what it read, so only DER passes. */
function isSignedByP256(key: KeyObject, bytes: Buffer, signature: Buffer): boolean {
  if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') return false
  return verify('sha256', bytes, { key, dsaEncoding: 'der' }, signature)
}

/** OpenSSL refuses an S that is not below the group's order; the points are for us to look at. */
function isSignedByEd25519(key: KeyObject, bytes: Buffer, signature: Buffer): boolean {
  if (signature.length !== ED25519_SIGNATURE_BYTES) return false
  const point = key.export({ format: 'der', type: 'spki' }).subarray(-ED25519_POINT_BYTES)
  const commitment = signature.subarray(0, ED25519_POINT_BYTES)
  if (pointFault(point) !== null || pointFault(commitment) !== null) return false
  return verify(null, bytes, key, signature)
}

/** 4,096 bits of RSA are 684 characters. */
const MAX_SIGNATURE_CHARACTERS = 1024
const BASE64_TEXT = /^(?:[A-Za-z0-9_-]+|[A-Za-z0-9+/]+)={0,2}$/

/** A signature in base64url or base64, with its padding or without; one text has one reading. */
export const signatureSchema = z
  .string()
  .max(MAX_SIGNATURE_CHARACTERS)
  .transform((text, context) => {
    const bytes = decode(text)
    if (bytes !== null) return bytes
    context.addIssue({
      code: 'custom',
      message: 'expected base64url, or base64, of at least one byte, with padding or without',
    })
    return z.NEVER
  })

/** Null unless it is the text that the bytes have, in one of the alphabets. */
function decode(text: string): Buffer | null {
  const digits = text.replace(/=+$/, '')
  const isPaddingWrong = digits.length < text.length && text.length % 4 !== 0
  if (!BASE64_TEXT.test(text) || isPaddingWrong) return null
  // Node reads both alphabets, and leaves out spare bits and a lone last digit.
  const bytes = Buffer.from(digits, 'base64url')
  const canonical = bytes.toString('base64url')
  return canonical === digits.replaceAll('+', '-').replaceAll('/', '_') ? bytes : null
}
