import { X509Certificate } from 'node:crypto'

import { describe, expect, it } from '@jest/globals'

import { checkRegistration } from '../src/identity/certificate.js'
import { CERTIFICATE_ERROR_CODES, CertificateError } from '../src/identity/certificate.errors.js'

import type { CorpusCase, CorpusFile, CorpusText } from './corpus/generate/case.js'
import { makeCorpus, readCorpus, writeCorpus } from './corpus/generate/corpus.js'
import { writeModuli } from './corpus/generate/moduli.js'

// UPDATE_CORPUS=1 writes the corpus anew, UPDATE_CORPUS=moduli searches its weak moduli before that.
if (process.env.UPDATE_CORPUS === 'moduli') writeModuli()
if (process.env.UPDATE_CORPUS !== undefined) writeCorpus()

const checkedIn = readCorpus()
const files = [...checkedIn.values()].map((text): CorpusFile => JSON.parse(text))
const cases = files.flatMap((file) => file.cases.map((each) => ({ ...each, now: file.now })))

function textOf(text: CorpusText): string {
  return typeof text === 'string' ? text : text.before + text.text.repeat(text.times) + text.after
}

/** The verdict in the corpus's own words. */
function verdictOn(each: CorpusCase, now: string): CorpusCase['expect'] {
  const { node_id, public_key, certificate } = each.input
  try {
    const accepted = checkRegistration(
      {
        nodeId: node_id,
        publicKeyPem: public_key === null ? null : textOf(public_key),
        certificatePem: textOf(certificate),
      },
      new Date(now),
      each.accept,
    )
    expect(accepted.nodeId).toBe(node_id)
    return { ok: true }
  } catch (error) {
    if (!(error instanceof CertificateError)) throw error
    expect(error.status).toBe(400)
    // Nothing that was sent comes back but a short, escaped excerpt.
    expect(error.message).toMatch(/^[\x20-\x7e]{1,400}$/)
    expect(error.message).not.toMatch(/[A-Za-z0-9+/]{65}/)
    return { code: error.code }
  }
}

describe('the corpus of certificates and keys', () => {
  it.each(cases.map((each) => [`${each.id} ${each.why}`, each] as const))('%s', (_, each) => {
    expect(verdictOn(each, each.now)).toEqual(each.expect)
  })

  it('is what its generator makes', () => {
    const made = makeCorpus()
    expect([...checkedIn.keys()].sort()).toEqual([...made.keys()].sort())
    for (const [name, text] of made)
      expect({ name, text: checkedIn.get(name) }).toEqual({ name, text })
  })

  it('holds good certificates that another reader takes for self-signed too', () => {
    const certificates = cases.filter(({ expect: wanted }) => 'ok' in wanted)
    expect(certificates.length).toBeGreaterThan(30)
    for (const { input } of certificates) {
      const judge = new X509Certificate(textOf(input.certificate).trim())
      expect(judge.verify(judge.publicKey)).toBe(true)
      expect(judge.checkIssued(judge) || !judge.ca).toBe(true)
    }
  })

  it('has every case once and a reason for each', () => {
    const ids = cases.map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    const inputs = cases.map(({ input, accept }) => JSON.stringify([input, accept]))
    expect(inputs.filter((input, index) => inputs.indexOf(input) !== index)).toEqual([])
    for (const { why, recipe, source } of cases)
      for (const text of [why, recipe, source]) expect(text).not.toBe('')
  })

  it('has a case for every code', () => {
    const met = new Set(cases.map(({ expect: wanted }) => ('code' in wanted ? wanted.code : 'ok')))
    expect([...CERTIFICATE_ERROR_CODES].filter((code) => !met.has(code))).toEqual([])
  })
})
