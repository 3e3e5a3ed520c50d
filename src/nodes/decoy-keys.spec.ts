import { createPublicKey, generateKeyPairSync } from 'node:crypto'

import { describe, expect, it } from '@jest/globals'

import { poolKey } from '../../test/support/x509.js'
import { keyToCheck } from './decoy-keys.js'

const pemOf = (key: ReturnType<typeof createPublicKey>): string =>
  key.export({ type: 'spki', format: 'pem' }).toString()

const NODES: readonly (string | null)[] = [
  null,
  pemOf(createPublicKey(poolKey(0))),
  pemOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey),
  pemOf(generateKeyPairSync('ed25519').publicKey),
]

function typeOf(pem: string): string {
  const { asymmetricKeyType, asymmetricKeyDetails } = createPublicKey(pem)
  return `${asymmetricKeyType} ${asymmetricKeyDetails?.modulusLength ?? ''}`.trim()
}

describe('the key that a signature is checked with', () => {
  it.each([
    [64, 'ed25519'],
    [256, 'rsa 2048'],
    [384, 'rsa 3072'],
    [512, 'rsa 4096'],
    [71, 'ec'],
    [1, 'ec'],
  ])('for %i bytes is of one type, whatever key the node has: %s', (bytes, type) => {
    const checked = NODES.map((pem) => keyToCheck(pem, Buffer.alloc(bytes)))

    expect(new Set(checked.map(({ pem }) => typeOf(pem)))).toEqual(new Set([type]))
  })

  it('is the node’s when the signature can be its key’s, and else not', () => {
    const found = [256, 71, 64].map((bytes) =>
      NODES.map((pem) => keyToCheck(pem, Buffer.alloc(bytes)).isNodes),
    )

    expect(found).toEqual([
      [false, true, false, false],
      [false, false, true, false],
      [false, false, false, true],
    ])
  })
})
