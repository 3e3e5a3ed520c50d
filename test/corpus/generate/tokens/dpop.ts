import { NOW } from '../case.js'
import { DpopCaseList, type DpopFile } from './dpop-case.js'
import { addDpopClaimCases } from './dpop-claims.js'
import { addDpopHeaderCases } from './dpop-header.js'

export const DPOP_FILE = new URL('../../tokens/dpop.json', import.meta.url)

/** `tokens/dpop.json` as the generator makes it. */
export function makeDpopFile(): string {
  const list = new DpopCaseList()
  addDpopHeaderCases(list)
  addDpopClaimCases(list)
  const file: DpopFile = { now: NOW.toISOString(), cases: list.cases }
  return `${JSON.stringify(file, null, 1)}\n`
}
