import { constants, createHash, createPublicKey, privateEncrypt, type KeyObject } from 'node:crypto'

import { power, toBytes, toNumber } from './numbers.js'

/** RSASSA-PSS of RFC 8017 §8.1 written out, so that each of its parts can be chosen. */
export interface RsaNumbers {
  readonly n: bigint
  readonly e: bigint
  /** Of the modulus. */
  readonly bytes: number
}

export function numbersOf(publicKey: KeyObject): RsaNumbers {
  const { n, e } = publicKey.export({ format: 'jwk' })
  const modulus = Buffer.from(n!, 'base64url')
  return { n: toNumber(modulus), e: toNumber(Buffer.from(e!, 'base64url')), bytes: modulus.length }
}

/** What stands in an encoded message; what is left out is as the contract wants it. */
export interface PssParts {
  readonly digest?: string
  readonly mgf1?: string
  readonly salt?: Buffer
  /** Replaces the hash of the message. */
  readonly messageHash?: Buffer
  /** Changes the data block before it is masked: zeros, 01, salt. */
  readonly block?: (block: Buffer) => Buffer
  /** Changes H after the block was masked with the true one. */
  readonly hash?: (hash: Buffer) => Buffer
  readonly trailer?: Buffer
  /** The unused high bits, which are to be zero. */
  readonly topBits?: number
}

/** EMSA-PSS-ENCODE (RFC 8017 §9.1.1) into as many bytes as the modulus has. */
export function encodePss(message: Buffer, bytes: number, parts: PssParts = {}): Buffer {
  const digest = parts.digest ?? 'sha256'
  const salt = parts.salt ?? Buffer.alloc(32, 0x5a)
  const trailer = parts.trailer ?? Buffer.from([0xbc])
  const messageHash = parts.messageHash ?? createHash(digest).update(message).digest()
  const hash = createHash(digest)
    .update(Buffer.concat([Buffer.alloc(8), messageHash, salt]))
    .digest()
  const zeros = bytes - trailer.length - hash.length - salt.length - 1
  const block = Buffer.concat([Buffer.alloc(zeros), Buffer.from([1]), salt])
  const masked = xor(parts.block?.(block) ?? block, mgf1(hash, block.length, parts.mgf1 ?? digest))
  masked[0] = ((masked[0] ?? 0) & 0x7f) | (parts.topBits ?? 0)
  return Buffer.concat([masked, parts.hash?.(hash) ?? hash, trailer])
}

/** RFC 8017 §B.2.1. */
export function mgf1(seed: Buffer, length: number, digest: string): Buffer {
  const blocks: Buffer[] = []
  for (let counter = 0, size = 0; size < length; counter += 1) {
    const block = createHash(digest)
      .update(seed)
      .update(toBytes(BigInt(counter), 4))
      .digest()
    blocks.push(block)
    size += block.length
  }
  return Buffer.concat(blocks).subarray(0, length)
}

export function xor(a: Buffer, b: Buffer): Buffer {
  return Buffer.from(a.map((byte, index) => byte ^ (b[index] ?? 0)))
}

/** The bare private operation, on a number below the modulus. */
export function privateOperation(key: KeyObject, bytes: Buffer): Buffer {
  return privateEncrypt({ key, padding: constants.RSA_NO_PADDING }, bytes)
}

export function signPss(key: KeyObject, message: Buffer, parts: PssParts = {}): Buffer {
  const { bytes } = numbersOf(createPublicKey(key))
  return privateOperation(key, encodePss(message, bytes, parts))
}

/** The bare public operation: what a signature was made of. */
export function recovered({ n, e, bytes }: RsaNumbers, signature: Buffer): Buffer {
  return toBytes(power(toNumber(signature), e, n), bytes)
}
