import { X509Certificate } from 'node:crypto'

import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'

import * as der from '../../test/support/der.js'
import { poolKey, selfSigned } from '../../test/support/x509.js'

import { CertificateError, shown } from './certificate.errors.js'
import { checkRegistration, type RegistrationRequest } from './certificate.js'

const NOW = new Date()
const good = selfSigned({ key: poolKey(0) })
const goodDer = Buffer.from(new X509Certificate(good.certificatePem).raw)
const request: RegistrationRequest = {
  nodeId: good.nodeId,
  publicKeyPem: good.publicKeyPem,
  certificatePem: good.certificatePem,
}

/** The code of a refusal, `ok` otherwise; any other exception goes through. */
function verdictOn(change: Partial<RegistrationRequest>, accept: 'rsa' | 'any' = 'rsa'): string {
  try {
    checkRegistration({ ...request, ...change }, NOW, accept)
    return 'ok'
  } catch (error) {
    if (error instanceof CertificateError) return error.code
    throw error
  }
}

// What is refused, and with which code, is data: test/corpus/certificates.
describe('checkRegistration', () => {
  it('returns what follows from the certificate', () => {
    const accepted = checkRegistration(request, NOW, 'rsa')
    expect(accepted.pem).toBe(good.certificatePem)
    expect(accepted.publicKeyPem).toBe(good.publicKeyPem)
    expect(accepted.nodeId).toBe(good.nodeId)
    expect(accepted.ids.long).toBe(good.nodeId)
    expect(accepted.ids.long.startsWith(accepted.ids.short)).toBe(true)
    expect(accepted.spkiSha256).toMatch(/^[0-9a-f]{64}$/)
    const judge = new X509Certificate(accepted.pem)
    expect(judge.verify(accepted.publicKey)).toBe(true)
    expect(accepted.notAfter).toEqual(new Date(judge.validTo))
  })

  it('returns canonical texts whatever the white space sent', () => {
    const spaced = (pem: string): string => `\r\n ${pem.replaceAll('\n', '\r\n')}\t`
    const accepted = checkRegistration(
      {
        nodeId: good.nodeId,
        publicKeyPem: spaced(good.publicKeyPem),
        certificatePem: spaced(good.certificatePem),
      },
      NOW,
      'rsa',
    )
    expect(accepted.pem).toBe(good.certificatePem)
    expect(accepted.publicKeyPem).toBe(good.publicKeyPem)
  })

  it('says what was expected and what was found', () => {
    const { nodeId: other } = selfSigned({ key: poolKey(1) })
    const wrong = selfSigned({ key: poolKey(0), nodeId: other })
    expect(() =>
      checkRegistration(
        { nodeId: other, publicKeyPem: null, certificatePem: wrong.certificatePem },
        NOW,
        'rsa',
      ),
    ).toThrow(new RegExp(`expected ${good.nodeId}.*found ${other}`))
  })

  it('throws nothing but CertificateError for mutated bytes, and accepts only the original', () => {
    const mutation = fc.record({
      at: fc.nat({ max: goodDer.length - 1 }),
      remove: fc.nat({ max: 3 }),
      insert: fc.uint8Array({ maxLength: 3 }),
    })
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 4 }), (mutations) => {
        let bytes = goodDer
        for (const { at, remove, insert } of mutations)
          bytes = Buffer.concat([bytes.subarray(0, at), insert, bytes.subarray(at + remove)])
        const verdict = verdictOn({ certificatePem: der.pem('CERTIFICATE', bytes) }, 'any')
        expect(verdict === 'ok').toBe(bytes.equals(goodDer))
      }),
      { numRuns: 400 },
    )
  })

  it('throws nothing but CertificateError for mutated text', () => {
    const fields = ['nodeId', 'publicKeyPem', 'certificatePem'] as const
    fc.assert(
      fc.property(
        fc.constantFrom(...fields),
        fc.nat({ max: 1500 }),
        fc.nat({ max: 40 }),
        fc.string({ unit: 'binary', maxLength: 5 }),
        (field, at, remove, insert) => {
          const text = request[field] ?? ''
          verdictOn({ [field]: text.slice(0, at) + insert + text.slice(at + remove) })
        },
      ),
      { numRuns: 600 },
    )
  })

  it('throws nothing but CertificateError for DER of any shape, correctly signed', () => {
    const { value } = fc.letrec<{ value: Buffer; values: Buffer[] }>((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc
          .tuple(fc.constantFrom(1, 2, 3, 5, 6, 12, 19, 23, 24), fc.uint8Array({ maxLength: 20 }))
          .map(([tag, content]) => der.tlv(tag, content)),
        tie('values').map((items) => der.sequence(...items)),
        tie('values').map((items) => der.set(...items)),
      ),
      values: fc.array(tie('value'), { maxLength: 5 }),
    }))
    const part = fc.constantFrom(
      'serial',
      'algorithm',
      'subject',
      'issuer',
      'notBefore',
      'spki',
      'extra',
    )
    fc.assert(
      fc.property(part, value, (name, bytes) => {
        const { certificatePem } = selfSigned({ key: poolKey(0), parts: { [name]: bytes } })
        verdictOn({ certificatePem }, 'any')
      }),
      { numRuns: 150 },
    )
  })
})

describe('shown', () => {
  it.each([
    ['short', '"short"'],
    ['a"\n\0é\u202e', '"a\\"\\n\\u0000\\u00e9\\u202e"'],
    ['', '""'],
  ])('quotes %j', (text, expected) => {
    expect(shown(text)).toBe(expected)
  })

  it('keeps to 66 characters', () => {
    for (const text of ['x'.repeat(100), '\0'.repeat(100), '\u{1f600}'.repeat(100)])
      expect(shown(text).length).toBeLessThanOrEqual(66)
  })
})
