import { createPublicKey, type KeyObject } from 'node:crypto'

import { calculateJwkThumbprint } from 'jose'
import { z } from 'zod'

import { readDer } from '../identity/der.js'
import { spkiSha256Of } from '../identity/node-id.js'
import { checkPublicKey } from '../identity/public-key.js'

/** RFC 9449 §4.2, the algorithms a node key can have; `Ed25519` is RFC 9864's name of `EdDSA`. */
export const DPOP_ALGORITHMS = ['ES256', 'EdDSA', 'Ed25519', 'PS256', 'RS256'] as const
export type DpopAlgorithm = (typeof DPOP_ALGORITHMS)[number]

/** The key of a proof under its two names. */
export interface DpopKey {
  readonly key: KeyObject
  /** RFC 7638 thumbprint, SHA-256, base64url. */
  readonly jkt: string
  /** The node identity of the same key: SHA-256 of the DER SubjectPublicKeyInfo, hex. */
  readonly spkiSha256: string
}

const MIN_RSA_BITS = 2048
const MAX_RSA_BITS = 4096
/** 65537. */
const RSA_EXPONENT = 'AQAB'

/** RFC 7518 §6.2.2, §6.3.2, §6.4.1 and RFC 9964's `priv`: none of these belongs to a public key. */
const SECRET_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv']

/** 32 bytes, spelled the one way that leaves no bits over. */
const bytes32 = z.string().regex(/^[\w-]{42}[AEIMQUYcgkosw048]$/)

const p256Jwk = z.object({
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  x: bytes32,
  y: bytes32,
})
const ed25519Jwk = z.object({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: bytes32 })
const rsaJwk = z.object({
  kty: z.literal('RSA'),
  n: z.string().refine(isModulus),
  e: z.literal(RSA_EXPONENT),
})

const JWK_OF = {
  ES256: p256Jwk,
  EdDSA: ed25519Jwk,
  Ed25519: ed25519Jwk,
  PS256: rsaJwk,
  RS256: rsaJwk,
} as const

/**
 * The public key of a proof's header. Members that say nothing of the key itself (`kid`, `use`,
 * `key_ops`, …) are not looked at. Null for every other key, and for every other spelling.
 */
export async function readDpopKey(
  jwk: Readonly<Record<string, unknown>>,
  algorithm: DpopAlgorithm,
): Promise<DpopKey | null> {
  if (SECRET_MEMBERS.some((member) => member in jwk)) return null
  const members = JWK_OF[algorithm].safeParse(jwk)
  if (!members.success) return null
  const key = importKey(members.data)
  if (!key) return null
  return {
    key,
    jkt: await calculateJwkThumbprint(members.data, 'sha256'),
    spkiSha256: spkiSha256Of(key),
  }
}

/** RFC 7638 thumbprint of a public key, as sessions that are bound to it have it. */
export function thumbprintOf(publicKey: KeyObject): Promise<string> {
  return calculateJwkThumbprint(publicKey.export({ format: 'jwk' }), 'sha256')
}

function importKey(jwk: z.output<(typeof JWK_OF)[DpopAlgorithm]>): KeyObject | null {
  try {
    const key = createPublicKey({ key: jwk, format: 'jwk' })
    // A point of small order verifies signatures that anybody can make. RSA keys have no such
    // cheap trick; their full check costs milliseconds and is the registration's.
    if (jwk.kty === 'OKP') checkPublicKey(readDer(spkiOf(key)), 'any')
    return key
  } catch {
    return null
  }
}

function spkiOf(key: KeyObject): Buffer {
  return key.export({ type: 'spki', format: 'der' })
}

/** RFC 7518 §6.3.1.1: big-endian without leading zeros. Two spellings would be two thumbprints. */
function isModulus(text: string): boolean {
  const bytes = Buffer.from(text, 'base64url')
  const [first = 0] = bytes
  const bits = bytes.length * 8 - (Math.clz32(first) - 24)
  return (
    bytes.toString('base64url') === text &&
    first !== 0 &&
    bits >= MIN_RSA_BITS &&
    bits <= MAX_RSA_BITS
  )
}
