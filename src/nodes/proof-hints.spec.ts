import { constants, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'

import { describe, expect, it } from '@jest/globals'

import { signText } from '../../test/support/node-proof.js'
import { poolKey } from '../../test/support/x509.js'
import { type Proof, proofBytes } from '../identity/proof.js'
import { mistakeIn } from './proof-hints.js'

const proof: Proof = {
  kind: 'node-proof',
  origin: 'https://hub.example',
  accountId: 7,
  nodeId: `dpc-node-${'a'.repeat(32)}`,
  spkiSha256: 'b'.repeat(64),
  challenge: 'Y2hhbGxlbmdl',
  expiresAt: '2026-12-01T00:02:00.000Z',
}
const lines = proofBytes(proof).toString()
const RSA = poolKey(0)
const P256 = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
const ED25519 = generateKeyPairSync('ed25519').privateKey

function mistake(key: KeyObject, signature: Buffer): string | null {
  return mistakeIn(createPublicKey(key), proof, signature)
}

describe('a signature that is good but for one mistake', () => {
  it.each<[string, string, string]>([
    ['a final newline', `${lines}\n`, 'newline after the last line'],
    ['the label of a login', lines.replace('node-proof', 'node-login'), 'line 1'],
    ['a slash after the origin', lines.replace('example', 'example/'), 'line 2'],
    ['no account', lines.replace('\n7\n', '\n-\n'), 'line 3'],
    ['a hash in capitals', lines.replace('b'.repeat(64), 'B'.repeat(64)), 'line 5'],
  ])('is told it: %s', (_what, text, said) => {
    for (const key of [RSA, P256, ED25519]) {
      expect(mistake(key, Buffer.from(signText(key, text), 'base64url'))).toContain(said)
    }
  })

  it('is told that it is signed in another way', () => {
    const bytes = Buffer.from(lines)
    const pss = (saltLength: number) =>
      sign('sha256', bytes, { key: RSA, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength })

    expect(mistake(RSA, pss(20))).toContain('salt')
    expect(mistake(RSA, pss(constants.RSA_PSS_SALTLEN_MAX_SIGN))).toContain('salt')
    expect(mistake(RSA, sign('sha256', bytes, RSA))).toContain('PKCS #1 v1.5')
    const raw = sign('sha256', bytes, { key: P256, dsaEncoding: 'ieee-p1363' })
    expect(mistake(P256, raw)).toContain('DER')
  })
})

describe('any other signature', () => {
  it.each([
    ['of another text', (key: KeyObject) => Buffer.from(signText(key, 'hello'), 'base64url')],
    ['that is none', () => Buffer.from('no signature')],
    ['of zeros', () => Buffer.alloc(256)],
  ])('%s is none of the mistakes', (_what, make) => {
    for (const key of [RSA, P256, ED25519]) expect(mistake(key, make(key))).toBeNull()
  })
})
