import { readdirSync, readFileSync, writeFileSync } from 'node:fs'

import { NOW, type CaseList, type CorpusFile } from './case.js'
import { certificateCases } from './certificate.js'
import { goodCases } from './good.js'
import { keyCases } from './keys.js'
import { pemCases } from './pem.js'
import { structureCases } from './structure.js'

const FOLDER = new URL('../certificates/', import.meta.url)

/** Every file of the corpus by its name, as the generator makes it. */
export function makeCorpus(): ReadonlyMap<string, string> {
  const lists = [keyCases, pemCases, certificateCases, structureCases, goodCases].flatMap((make) =>
    make(),
  )
  return new Map(lists.map((list) => [fileName(list), fileText(list)]))
}

/** Every file of the corpus by its name, as it is checked in. */
export function readCorpus(): ReadonlyMap<string, string> {
  const names = readdirSync(FOLDER).filter((name) => name.endsWith('.json'))
  return new Map(names.map((name) => [name, readFileSync(new URL(name, FOLDER), 'utf8')]))
}

export function writeCorpus(): void {
  for (const [name, text] of makeCorpus()) writeFileSync(new URL(name, FOLDER), text)
}

function fileName(list: CaseList): string {
  return `${list.cases[0]!.class}.json`
}

function fileText({ cases }: CaseList): string {
  const file: CorpusFile = { now: NOW.toISOString(), cases }
  return `${JSON.stringify(file, null, 1)}\n`
}
