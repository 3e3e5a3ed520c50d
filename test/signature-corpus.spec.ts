import { constants, createPublicKey, verify, type KeyObject } from 'node:crypto'

import { describe, expect, it } from '@jest/globals'

import { isSignedBy } from '../src/identity/proof.js'

import type { SignatureCase, SignatureFile } from './corpus/generate/signatures/case.js'
import {
  makeLists,
  makeSignatures,
  readSignatures,
  writeSignatures,
} from './corpus/generate/signatures/corpus.js'
import {
  answersTo,
  askJudges,
  bytesOf,
  questionOf,
  readJudgements,
} from './corpus/generate/signatures/judges.js'
import { faultOf } from './corpus/generate/signatures/reference.js'

// UPDATE_CORPUS=1 writes the corpus anew, UPDATE_CORPUS=judges asks the other programs before that.
if (process.env.UPDATE_CORPUS === 'judges')
  askJudges(
    makeLists().flatMap(({ cases, keys }) => cases.flatMap((each) => questionOf(each, keys) ?? [])),
  )
if (process.env.UPDATE_CORPUS !== undefined) writeSignatures()

/** Where another program judges otherwise, and why the hub's verdict stands. */
const DEVIATIONS: readonly { judge: string; cases: readonly string[]; why: string }[] = [
  {
    judge: 'cryptography',
    cases: ['S3-11', 'S3-32', 'S3-53'],
    why: "OpenSSL takes an RSA signature without its leading zeros; RFC 8017 §8.1.2 wants the modulus's length",
  },
  {
    judge: 'OpenJDK',
    cases: ['S5-28', 'S5-29'],
    why: 'the JDK reads a negative INTEGER as positive; DER does not',
  },
  {
    judge: 'OpenJDK',
    cases: ['S5-60'],
    why: 'the JDK compares x with r without reducing it; FIPS 186-5 §6.4.2 reduces. No signer ever meets it',
  },
  {
    judge: 'OpenJDK',
    cases: ['S6-23'],
    why: 'the JDK overlooks a byte after an Ed25519 signature; RFC 8032 §5.1.7 wants 64',
  },
  {
    judge: 'cryptography',
    cases: ['S6-49', 'S6-65', 'S6-68', 'S6-73', 'S6-74', 'S6-75', 'S6-76', 'S6-77', 'S6-79'],
    why: 'OpenSSL takes points of small order and second spellings of them; whoever wants can sign for such keys',
  },
  {
    judge: 'OpenJDK',
    cases: ['S6-49', 'S6-65', 'S6-68', 'S6-73'],
    why: 'the JDK takes points of small order, but no second spellings of them',
  },
  {
    judge: 'OpenJDK',
    cases: ['S7-08'],
    why: 'the JDK reads no key with explicit curve parameters; the key check refuses them too',
  },
]

const checkedIn = readSignatures()
const files = [...checkedIn.values()].map((text): SignatureFile => JSON.parse(text))
const cases = files.flatMap(({ keys, cases: each }) => each.map((one) => ({ ...one, keys })))

/** The verdict in the corpus's own words; `judge` gives the fault, or null. */
function verdictOn(
  { input, keys }: SignatureCase & Pick<SignatureFile, 'keys'>,
  judge: (spki: Buffer, bytes: Buffer, signature: Buffer) => string | null,
): string {
  const spki = Buffer.from(keys[input.key]!, 'hex')
  const signature = Buffer.from(input.signature, 'hex')
  let bytes = Buffer.from(input.message ?? '')
  try {
    if (input.statement !== undefined) bytes = Buffer.from(bytesOf(input.statement))
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError)
    return 'line_break'
  }
  return judge(spki, bytes, signature) ?? 'signed'
}

const hub = (spki: Buffer, bytes: Buffer, signature: Buffer): string | null =>
  isSignedBy(keyOf(spki), bytes, signature) ? null : 'refused'

function keyOf(spki: Buffer): KeyObject {
  return createPublicKey({ key: spki, format: 'der', type: 'spki' })
}

describe('the corpus of signatures', () => {
  it.each(cases.map((each) => [`${each.id} ${each.why}`, each] as const))('%s', (_, each) => {
    const wanted = each.expect.signed ? 'signed' : each.expect.fault
    // A second judge says why, so that no case is refused for another reason than its own.
    expect(verdictOn(each, faultOf)).toBe(wanted)
    expect(verdictOn(each, hub)).toBe(/^(signed|line_break)$/.test(wanted) ? wanted : 'refused')
  })

  it('is what its generator makes', () => {
    const made = makeSignatures()
    expect([...checkedIn.keys()].sort()).toEqual([...made.keys()].sort())
    for (const [name, text] of made)
      expect({ name, text: checkedIn.get(name) }).toEqual({ name, text })
  })

  it('has the verdict of other programs, but for the deviations with a reason', () => {
    const judgements = readJudgements()
    const found = cases.flatMap((each) => {
      const question = questionOf(each, each.keys)
      if (question === null) return []
      const answers = answersTo(question, judgements)
      // A case that nobody judged: UPDATE_CORPUS=judges asks them.
      if (answers === null) return [`${each.id} nobody`]
      return judgements.judges
        .filter((_, index) => answers[index] !== each.expect.signed)
        .map((judge) => `${each.id} ${judge.split(' ', 1).join()}`)
    })
    const known = DEVIATIONS.flatMap(({ judge, cases: ids }) => ids.map((id) => `${id} ${judge}`))
    expect(found.sort()).toEqual(known.sort())
    expect(judgements.judges).toHaveLength(2)
  })

  it('holds signatures of other keys that do verify', () => {
    const others = cases.filter((each) => each.class === 'S7')
    expect(others.length).toBeGreaterThan(7)
    for (const { input, keys } of others) {
      const key = keyOf(Buffer.from(keys[input.key]!, 'hex'))
      const digest = key.asymmetricKeyType === 'ed448' ? null : 'sha256'
      const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }
      const options = key.asymmetricKeyType === 'rsa-pss' ? { key, ...pss } : key
      const signature = Buffer.from(input.signature, 'hex')
      expect(verify(digest, Buffer.from(input.message!), options, signature)).toBe(true)
    }
  })

  it('has every case once and a reason for each', () => {
    expect(cases.length).toBeGreaterThan(500)
    expect(new Set(cases.map(({ id }) => id)).size).toBe(cases.length)
    const inputs = cases.map(({ input }) => JSON.stringify(input))
    expect(inputs.filter((input, index) => inputs.indexOf(input) !== index)).toEqual([])
    for (const { why, recipe, source } of cases)
      for (const text of [why, recipe, source]) expect(text).not.toBe('')
  })
})
