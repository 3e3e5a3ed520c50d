import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'

import { ConfigError } from './config-error.js'
import { crossFaults } from './cross-checks.js'
import { environmentSchema, SECRET_VARIABLES, type Environment } from './environment.js'
import { errnoOf } from './errno.js'

export type RawEnvironment = Readonly<Record<string, string | undefined>>

/** Before anything is parsed: however NODE_ENV is spelled, production is production. */
export function isProduction(env: RawEnvironment): boolean {
  return env['NODE_ENV']?.trim().toLowerCase() === 'production'
}

/**
 * Adds the variables of the file `.env`, which never replace those that are set. A process told to
 * be production does not look for it. The process's own environment stays as it is, so that no
 * child inherits secrets.
 *
 * @throws ConfigError when the file is there and cannot be read
 */
export function withDotEnv(env: RawEnvironment, path = '.env'): RawEnvironment {
  if (isProduction(env)) return env
  try {
    return { ...parseEnv(readFileSync(path, 'utf8')), ...env }
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return env
    throw new ConfigError([
      `.env: cannot be read (${errnoOf(error)}); let this user read it, or remove it`,
    ])
  }
}

/**
 * Reads and checks every variable.
 *
 * The checks between variables run even when some variable is malformed (zod's own refinements
 * would wait for the next try), so that one start shows all there is to mend.
 *
 * @throws ConfigError with every fault
 */
export function readEnvironment(env: RawEnvironment): Environment {
  const { raw, faults, broken } = withFiles(env)
  const parsed = environmentSchema.safeParse(raw)
  for (const { path, message } of parsed.error?.issues ?? []) {
    const name = String(path[0])
    broken.add(name)
    faults.push(`${name}: ${message}`)
  }
  const values = parsed.data ?? environmentSchema.parse(without(raw, broken))
  faults.push(...crossFaults(values, broken))
  if (faults.length > 0) throw new ConfigError(faults)
  return values
}

/** The variables that are set, secrets read from their files. */
function withFiles(env: RawEnvironment) {
  const raw: Record<string, string> = {}
  const faults: string[] = []
  const broken = new Set<string>()
  for (const [name, value] of Object.entries(env)) {
    const trimmed = value?.trim()
    if (trimmed) raw[name] = trimmed
  }
  for (const name of SECRET_VARIABLES) {
    const path = raw[`${name}_FILE`]
    if (path === undefined) continue
    const read = raw[name] === undefined ? readSecretFile(path) : BOTH_SET
    if (typeof read === 'string') {
      raw[name] = read
      continue
    }
    broken.add(name)
    faults.push(`${name}_FILE: ${read.fault}`)
  }
  return { raw: without(raw, broken), faults, broken }
}

const BOTH_SET = { fault: 'is set, and so is the variable itself; keep one of the two' }

/** NOTE: the path is not told: it may be the secret itself, put into the wrong variable. */
function readSecretFile(path: string): string | { readonly fault: string } {
  try {
    const content = readFileSync(path, 'utf8').trim()
    return content === '' ? { fault: 'names an empty file; write the value into it' } : content
  } catch (error) {
    return {
      fault: `names a file that cannot be read (${errnoOf(error)}); name one this user may read`,
    }
  }
}

function without(raw: Readonly<Record<string, string>>, names: ReadonlySet<string>) {
  return Object.fromEntries(Object.entries(raw).filter(([name]) => !names.has(name)))
}
