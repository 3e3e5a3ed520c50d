import { randomBytes } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { Secret } from '../common/secret.js'
import { ConfigError } from './config-error.js'
import { errnoOf } from './errno.js'
import { secretKeyFault } from './secret-key.js'

/**
 * The key of a hub in development, from `secret-key` in its data directory; made there once.
 *
 * @throws ConfigError when it cannot be kept there, or what is there is no good key
 */
export function keptSecretKey(dataDir: string): Secret {
  const mend = 'set SECRET_KEY, or let DATA_DIR name a directory this user can write to'
  let key: string
  try {
    key = developmentSecretKey(dataDir)
  } catch (error) {
    throw new ConfigError([`SECRET_KEY: cannot be kept in DATA_DIR (${errnoOf(error)}); ${mend}`])
  }
  const fault = secretKeyFault(key)
  if (fault) throw new ConfigError([`SECRET_KEY: the one kept in DATA_DIR/secret-key ${fault}`])
  return new Secret(key)
}

/**
 * The development key in `directory/secret-key`, made on the first call.
 *
 * Of processes that start at once all get the same key: it appears under its name complete or not
 * at all (`link` does not replace).
 *
 * @throws an errno error when the directory cannot be written or the file not read
 */
function developmentSecretKey(directory: string): string {
  const path = join(directory, 'secret-key')
  const found = readIfThere(path)
  if (found !== null) return found
  mkdirSync(directory, { recursive: true })
  const draft = `${path}.${randomBytes(6).toString('hex')}`
  writeFileSync(draft, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' })
  try {
    linkSync(draft, path)
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error
  } finally {
    rmSync(draft)
  }
  return readFileSync(path, 'utf8').trim()
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null
    throw error
  }
}
