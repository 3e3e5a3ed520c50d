import { NOW } from '../case.js'
import type { JwtFile } from './jwt-case.js'
import { claimCases, timeCases } from './jwt-claims.js'
import { crossUseCases } from './jwt-cross-use.js'
import { algorithmCases, headerCases } from './jwt-forged.js'
import { goodCases } from './jwt-good.js'
import { sizeCases, spellingCases } from './jwt-spelling.js'

export const JWT_FILE = new URL('../../tokens/jwt.json', import.meta.url)

/** `tokens/jwt.json` as the generator makes it. */
export function makeJwtFile(): string {
  const lists = [
    algorithmCases(),
    headerCases(),
    timeCases(),
    claimCases(),
    crossUseCases(),
    spellingCases(),
    sizeCases(),
    goodCases(),
  ]
  const file: JwtFile = { now: NOW.toISOString(), cases: lists.flatMap(({ cases }) => cases) }
  return `${JSON.stringify(file, null, 1)}\n`
}
