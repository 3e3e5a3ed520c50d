import { createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto'

const ED25519_SIGNATURE_BYTES = 64
const RSA_BITS = [2048, 3072, 4096]

/**
 * Public keys of nobody, by the length of the signatures that their type makes; other lengths are
 * ECDSA's, whose DER varies.
 */
const BY_SIGNATURE_BYTES: ReadonlyMap<number, string> = new Map([
  [ED25519_SIGNATURE_BYTES, pemOf(generateKeyPairSync('ed25519').publicKey)],
  ...RSA_BITS.map((bits) => [bits / 8, rsaDecoy(bits)] as const),
])
const P256 = pemOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey)

/**
 * The key to check a signature with: the node's, or one of nobody when there is no node, or one of
 * another type of key. Which type is checked depends on the signature alone, so that the time it
 * takes tells nothing of the node. All keys of a type have PEMs of one length.
 */
export function keyToCheck(
  nodePem: string | null,
  signature: Buffer,
): { pem: string; isNodes: boolean } {
  const decoy = BY_SIGNATURE_BYTES.get(signature.length) ?? P256
  const isNodes = nodePem?.length === decoy.length
  return { pem: isNodes ? nodePem : decoy, isNodes }
}

/** Checks as slowly as any: a modulus need not be a product of primes for that. */
function rsaDecoy(bits: number): string {
  const modulus = randomBytes(bits / 8)
  modulus.writeUInt8(modulus.readUInt8(0) | 0x80, 0)
  modulus.writeUInt8(modulus.readUInt8(modulus.length - 1) | 1, modulus.length - 1)
  const jwk = { kty: 'RSA', n: modulus.toString('base64url'), e: 'AQAB' }
  return pemOf(createPublicKey({ key: jwk, format: 'jwk' }))
}

function pemOf(key: ReturnType<typeof createPublicKey>): string {
  return key.export({ type: 'spki', format: 'pem' }).toString()
}
