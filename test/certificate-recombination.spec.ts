import { X509Certificate } from 'node:crypto'

import { describe, expect, it } from '@jest/globals'

import { checkRegistration } from '../src/identity/certificate.js'
import { CERTIFICATE_ERROR_CODES, CertificateError } from '../src/identity/certificate.errors.js'

import { NOW } from './corpus/generate/case.js'
import { corpusParts } from './corpus/generate/recombined/parts.js'
import { recombine, type Recombined } from './corpus/generate/recombined/recombine.js'
import { judged } from './support/second-judge/judge.js'
import { opensslSays } from './support/second-judge/openssl.js'

// More, or others: RECOMBINED_COUNT=100000 RECOMBINED_SEED='the second row'.
const COUNT = Number(process.env.RECOMBINED_COUNT ?? 20_000)
const SEED = process.env.RECOMBINED_SEED ?? 'the first row'
const TIMEOUT_MS = 15 * COUNT + 60_000

interface Verdicts {
  /** Which one it is: `recombine` makes it again of seed and index. */
  readonly index: number
  /** The code of a refusal, or `ok`. */
  readonly hub: string
  /** What the second judge has against it, or null. */
  readonly judge: string | null
  readonly request: Recombined
}

/** Where the two may differ, and why the hub's verdict stands. */
const DEVIATIONS: readonly { why: string; applies: (verdicts: Verdicts) => boolean }[] = [
  {
    why: '25 years from 29 February end on 1 March for the hub, and on 28 February for the judge; no rule says which',
    applies: ({ hub, judge, request }) =>
      hub === 'ok' &&
      judge === 'longer than 25 years' &&
      new X509Certificate(request.certificatePem.trim()).validFrom.startsWith('Feb 29'),
  },
]

/** Any other exception than a refusal goes through. */
function hubOn(request: Recombined): string {
  try {
    checkRegistration(request, NOW, request.accept)
    return 'ok'
  } catch (error) {
    if (error instanceof CertificateError) return error.code
    throw error
  }
}

const parts = corpusParts()
const codes = new Set<string>()
const accepted: Recombined[] = []
const differing: Verdicts[] = []

describe(`${COUNT} certificates recombined of the corpus, seed "${SEED}"`, () => {
  it(
    'have the verdict of a second judge, but for the deviations with a reason',
    () => {
      for (let index = 0; index < COUNT; index += 1) {
        const request = recombine(`${SEED}/${index}`, parts)
        const hub = hubOn(request)
        const judge = judged(request, NOW)
        codes.add(hub)
        if (hub === 'ok') accepted.push(request)
        if ((hub === 'ok') !== (judge === null)) differing.push({ index, hub, judge, request })
      }
      const unexplained = differing.filter((each) => !DEVIATIONS.some((one) => one.applies(each)))
      const shown = unexplained.slice(0, 5).map((verdicts) => ({
        ...verdicts,
        openssl: opensslSays(verdicts.request.certificatePem, NOW),
      }))
      expect({ seed: SEED, unexplained: unexplained.length, shown }).toEqual({
        seed: SEED,
        unexplained: 0,
        shown: [],
      })
    },
    TIMEOUT_MS,
  )

  it('are good ones for a fair part, and meet every check', () => {
    process.stdout.write(
      `recombined certificates: ${COUNT}, seed "${SEED}", ${accepted.length} accepted, ${COUNT - accepted.length} refused, ` +
        `${differing.length} judged otherwise with a reason\n`,
    )
    expect(accepted.length / COUNT).toBeGreaterThan(0.15)
    expect(CERTIFICATE_ERROR_CODES.filter((code) => !codes.has(code))).toEqual([])
  })

  it('are taken by the openssl command too, where the hub takes them', () => {
    const sample = [...accepted.slice(0, 60), ...differing.slice(0, 10).map((each) => each.request)]
    for (const { certificatePem } of sample) {
      const begins = new Date(new X509Certificate(certificatePem.trim()).validFrom)
      // The hub alone has a leeway of 5 minutes.
      const time = begins > NOW ? begins : NOW
      expect(opensslSays(certificatePem, time) ?? 'certificate: OK').toBe('certificate: OK')
    }
  })

  it('are explained by no deviation that never happens', () => {
    for (const { why, applies } of DEVIATIONS)
      expect({ why, times: differing.filter(applies).length }).not.toEqual({ why, times: 0 })
  })
})
