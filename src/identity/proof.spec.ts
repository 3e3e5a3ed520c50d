import {
  constants,
  createPublicKey,
  createSecretKey,
  generateKeyPairSync,
  sign,
  type KeyObject,
} from 'node:crypto'

import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'

import { poolKey } from '../../test/support/x509.js'

import { isSignedBy, prekeyBytes, proofBytes, rotationBytes, signatureSchema } from './proof.js'

const NODE = 'dpc-node-0123456789abcdef0123456789abcdef'
const SPKI = 'ab'.repeat(32)
const PROOF = {
  kind: 'node-proof',
  origin: 'https://hub.example',
  accountId: 7,
  nodeId: NODE,
  spkiSha256: SPKI,
  challenge: 'q83vEjRWeJA',
  expiresAt: '2026-12-01T00:02:00.000Z',
} as const

describe('the bytes a node signs', () => {
  it('are the lines of the contract, in its order, without a final newline', () => {
    expect(proofBytes(PROOF).toString()).toBe(
      `dpc-hub node-proof v1\nhttps://hub.example\n7\n${NODE}\n${SPKI}\nq83vEjRWeJA\n2026-12-01T00:02:00.000Z`,
    )
  })

  it('name no account for a login', () => {
    const login = proofBytes({ ...PROOF, kind: 'node-login', accountId: null })
    expect(login.toString().split('\n').slice(0, 3)).toEqual([
      'dpc-hub node-login v1',
      'https://hub.example',
      '-',
    ])
  })

  it('of a rotation name both keys', () => {
    const bytes = rotationBytes({
      origin: 'https://hub.example',
      accountId: 7,
      oldNodeId: NODE,
      oldSpkiSha256: SPKI,
      newNodeId: 'dpc-node-0000000000000000',
      newSpkiSha256: 'cd'.repeat(32),
      challenge: 'q83vEjRWeJA',
      expiresAt: '2026-12-01T00:02:00.000Z',
    })
    expect(bytes.toString()).toBe(
      `dpc-hub node-rotation v1\nhttps://hub.example\n7\n${NODE}\n${SPKI}\ndpc-node-0000000000000000\n${'cd'.repeat(32)}\nq83vEjRWeJA\n2026-12-01T00:02:00.000Z`,
    )
  })

  it('of a prekey name its kind and number', () => {
    const prekey = { spkiSha256: SPKI, kind: 'last_resort', keyId: 12, publicKey: 'AAAA' } as const
    expect(prekeyBytes(prekey).toString()).toBe(`dpc-hub prekey v1\n${SPKI}\nlast_resort\n12\nAAAA`)
  })

  it.each(['\n', '\r'])('are not made of a value with a line break (%j)', (lineBreak) => {
    const origin = `https://hub.example${lineBreak}8`
    expect(() => proofBytes({ ...PROOF, origin })).toThrow(TypeError)
  })
})

const PSS = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }

function curveKey(namedCurve: string): KeyObject {
  return generateKeyPairSync('ec', { namedCurve }).privateKey
}

/** What a node with this key sends. */
function signedWith(key: KeyObject, bytes: Buffer): Buffer {
  if (key.asymmetricKeyType === 'ed25519') return sign(null, bytes, key)
  return sign('sha256', bytes, key.asymmetricKeyType === 'rsa' ? { key, ...PSS } : key)
}

// Which signatures are refused, and why, is data: test/corpus/signatures.
describe('isSignedBy', () => {
  const bytes = proofBytes(PROOF)
  const good = {
    'RSA-2048': poolKey(0),
    'P-256': curveKey('prime256v1'),
    Ed25519: generateKeyPairSync('ed25519').privateKey,
  } as const

  it.each(Object.entries(good))('takes what %s signed and nothing else', (_, key) => {
    const publicKey = createPublicKey(key)
    const signature = signedWith(key, bytes)
    expect(isSignedBy(publicKey, bytes, signature)).toBe(true)
    expect(isSignedBy(publicKey, proofBytes({ ...PROOF, accountId: 8 }), signature)).toBe(false)
    expect(isSignedBy(publicKey, bytes, signature.subarray(1))).toBe(false)
    expect(isSignedBy(publicKey, bytes, Buffer.alloc(0))).toBe(false)
  })

  it.each(['secp256k1', 'secp384r1', 'secp521r1'])(
    'refuses %s, whose signature verifies',
    (curve) => {
      const key = curveKey(curve)
      expect(isSignedBy(createPublicKey(key), bytes, signedWith(key, bytes))).toBe(false)
    },
  )

  it('refuses keys that are not public or cannot verify', () => {
    const key = poolKey(0)
    const signature = signedWith(key, bytes)
    expect(isSignedBy(createPublicKey(key), bytes, signature)).toBe(true)
    const others = [key, createSecretKey(bytes), generateKeyPairSync('x25519').publicKey]
    for (const other of others) expect(isSignedBy(other, bytes, signature)).toBe(false)
  })

  it('answers for bytes of any kind', () => {
    const keys = Object.values(good).map((key) => createPublicKey(key))
    const lengths = fc.constantFrom(0, 1, 63, 64, 65, 70, 71, 72, 255, 256, 257)
    const signatures = lengths.chain((length) =>
      fc.uint8Array({ minLength: length, maxLength: length }),
    )
    fc.assert(
      fc.property(fc.constantFrom(...keys), signatures, (key, signature) => {
        expect(isSignedBy(key, bytes, Buffer.from(signature))).toBe(false)
      }),
    )
  })
})

describe('signatureSchema', () => {
  const read = (text: string): string | null => {
    const result = signatureSchema.safeParse(text)
    return result.success ? result.data.toString('hex') : null
  }

  it.each([
    ['base64url', '-_-_', 'fbffbf'],
    ['base64', '+/+/', 'fbffbf'],
    ['base64url without padding', '-_8', 'fbff'],
    ['base64url with padding', '-_8=', 'fbff'],
    ['base64 without padding', '+/8', 'fbff'],
    ['base64 with padding', '+/8=', 'fbff'],
    ['one byte', '-w', 'fb'],
    ['one byte with padding', '+w==', 'fb'],
  ])('reads %s', (_, text, hex) => {
    expect(read(text)).toBe(hex)
  })

  it.each([
    ['nothing', ''],
    ['padding alone', '=='],
    ['both alphabets', '-/-/'],
    ['both alphabets, first the other', '+_+_'],
    ['a length no bytes have', '-_-_A'],
    ['a length no bytes have, padded', '-_-_A==='],
    ['spare bits', '-_9'],
    ['spare bits of one byte', '-x=='],
    ['too little padding', '-w='],
    ['too much padding', '-_8=='],
    ['padding after whole bytes', '-_-_='],
    ['padding in the middle', '-w==-w=='],
    ['white space', '-_-_ '],
    ['a newline', '-_-_\n'],
    ['other characters', '-_~_'],
  ])('refuses %s', (_, text) => {
    expect(read(text)).toBeNull()
  })

  it('takes 1,024 characters and no more', () => {
    expect(read('A'.repeat(1024))).toHaveLength(1536)
    expect(read('A'.repeat(1026))).toBeNull()
  })

  it('reads back any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 600 }), (bytes) => {
        const buffer = Buffer.from(bytes)
        for (const encoding of ['base64', 'base64url'] as const)
          expect(read(buffer.toString(encoding))).toBe(buffer.toString('hex'))
      }),
    )
  })
})
