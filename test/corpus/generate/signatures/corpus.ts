import { readdirSync, readFileSync, writeFileSync } from 'node:fs'

import type { SignatureCase, SignatureCaseList, SignatureFile } from './case.js'
import { ecdsaEncodings } from './ecdsa-encodings.js'
import { ecdsaNumbers } from './ecdsa-numbers.js'
import { ed25519Cases } from './ed25519-cases.js'
import { questionOf, readJudgements, saidOf } from './judges.js'
import { keyCases } from './key-cases.js'
import { proofCases } from './proof-cases.js'
import { rsaCases } from './rsa-cases.js'

const FOLDER = new URL('../../signatures/', import.meta.url)

/** Every file of the corpus by its name, as the generator makes it. */
export function makeSignatures(): ReadonlyMap<string, string> {
  const judgements = readJudgements()
  const withJudges = (each: SignatureCase, keys: SignatureFile['keys']): SignatureCase => {
    const question = questionOf(each, keys)
    const said = question === null ? null : saidOf(question, judgements)
    return said === null ? each : { ...each, source: `${each.source}; ${said}` }
  }
  return new Map(
    makeLists().map(({ name, keys, cases }) => {
      const file: SignatureFile = { keys, cases: cases.map((each) => withJudges(each, keys)) }
      return [`${name}.json`, `${JSON.stringify(file, null, 1)}\n`]
    }),
  )
}

export function makeLists(): SignatureCaseList[] {
  return [rsaCases, ecdsaEncodings, ecdsaNumbers, ed25519Cases, keyCases, proofCases].flatMap(
    (make) => make(),
  )
}

/** Every file of the corpus by its name, as it is checked in. */
export function readSignatures(): ReadonlyMap<string, string> {
  const names = readdirSync(FOLDER).filter((name) => name.endsWith('.json'))
  return new Map(names.map((name) => [name, readFileSync(new URL(name, FOLDER), 'utf8')]))
}

export function writeSignatures(): void {
  for (const [name, text] of makeSignatures()) writeFileSync(new URL(name, FOLDER), text)
}
