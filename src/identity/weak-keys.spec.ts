import { createPublicKey } from 'node:crypto'

import { describe, expect, it } from '@jest/globals'

import { POOL_SIZE, poolKey } from '../../test/support/x509.js'

import { CertificateError } from './certificate.errors.js'
import { COMPROMISED_KEYS } from './compromised-keys.js'
import { spkiSha256Of } from './node-id.js'
import { checkModulus } from './weak-keys.js'

/** The corpus (test/corpus, K3 to K5) holds moduli of real size. */
function codeOf(n: bigint): string {
  const hex = n.toString(16)
  try {
    checkModulus(Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex'))
    return 'ok'
  } catch (error) {
    if (error instanceof CertificateError) return error.code
    throw error
  }
}

/** Mersenne primes. */
const M127 = (1n << 127n) - 1n
const M521 = (1n << 521n) - 1n
const M607 = (1n << 607n) - 1n

describe('checkModulus', () => {
  it.each([
    ['two primes far apart', M521 * M607, 'ok'],
    ['three primes', M127 * M521 * M607, 'ok'],
    ['the factor 2', 2n * M521, 'key_weak_small_factor'],
    ['the factor 751, the last one looked for', 751n * M521 * M607, 'key_weak_small_factor'],
    ['the factor 757, the first one not looked for', 757n * M521 * M607, 'ok'],
    ['a square', M521 * M521, 'key_weak_close_primes'],
    ['a cube', M521 ** 3n, 'key_weak_not_two_primes'],
    ['a seventh power', M127 ** 7n, 'key_weak_not_two_primes'],
    ['a prime', M607, 'key_weak_not_two_primes'],
    ['a power of 65537 modulo every small prime', 65537n ** 5n, 'key_weak_roca'],
  ])('judges %s', (_, n, code) => {
    expect(codeOf(n)).toBe(code)
  })

  it('takes the keys of the tests', () => {
    for (let index = 0; index < POOL_SIZE; index += 1) {
      const key = createPublicKey(poolKey(index))
      const { n = '' } = key.export({ format: 'jwk' })
      expect(codeOf(BigInt(`0x${Buffer.from(n, 'base64url').toString('hex')}`))).toBe('ok')
      expect(COMPROMISED_KEYS.has(spkiSha256Of(key))).toBe(false)
    }
  })
})
