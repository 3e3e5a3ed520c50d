import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chown, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { promisify, types } from 'node:util'

import { majorOf, programPath } from './postgres-binaries.js'
import type { PostgresPlace, SystemUser } from './postgres-place.js'

/**
 * LC_CTYPE of the cluster, the first that this machine knows. The builtin provider lowers and sorts
 * on any machine, but pg_trgm asks the C library what a letter is, and under `C` it sees none
 * outside of ASCII.
 */
const CTYPES = ['C.UTF-8', 'en_US.UTF-8', 'UTF-8', 'C']

/** True if there is a whole cluster; a half-made one never has this name. */
export async function isCluster({ cluster, version }: PostgresPlace): Promise<boolean> {
  const found = await readFile(join(cluster, 'PG_VERSION'), 'utf8').catch(() => null)
  if (found === null) return false
  const [theirs, ours] = [found.trim(), majorOf(version)]
  if (theirs === ours) return true
  throw new Error(
    `${join(cluster, 'PG_VERSION')} says ${theirs}, but the embedded Postgres is ${ours}: dump the ` +
      `database with the release that made it and load the dump here, move ${cluster} away to ` +
      `begin with an empty one, or set DATABASE_URL to a PostgreSQL ${theirs}`,
  )
}

/**
 * Makes an empty cluster whose superuser `hub` has this password. It is made beside its place and
 * renamed, so that a start that is killed half-way costs nothing.
 */
export async function createCluster(place: PostgresPlace, password: string): Promise<void> {
  const { cluster, user } = place
  const prefix = `${basename(cluster)}.new-`
  for (const entry of await readdir(dirname(cluster))) {
    if (entry.startsWith(prefix)) await removeLeftover(join(dirname(cluster), entry))
  }
  const workshop = join(dirname(cluster), prefix + randomBytes(6).toString('hex'))
  await mkdir(workshop, { mode: 0o700 })
  try {
    const passwordFile = join(workshop, 'password')
    await writeFile(passwordFile, password, { mode: 0o600 })
    await giveTo(user, workshop, passwordFile)
    const made = join(workshop, 'cluster')
    await initdb(place, made, passwordFile)
    await rename(made, cluster).catch((cause: unknown) => {
      throw new Error(`${cluster} holds something that is no Postgres cluster: move it away`, {
        cause,
      })
    })
  } finally {
    await removeLeftover(workshop)
  }
}

async function initdb(place: PostgresPlace, target: string, passwordFile: string): Promise<void> {
  const failures: string[] = []
  for (const ctype of CTYPES) {
    const locale = ['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C']
    const access = ['--username=hub', '--auth=scram-sha-256', `--pwfile=${passwordFile}`]
    const options = [...access, ...locale, `--lc-ctype=${ctype}`, '--encoding=UTF8']
    try {
      await promisify(execFile)(
        programPath(place.native, 'initdb'),
        ['--no-instructions', ...options, '-D', target],
        spawnOptions(place),
      )
      return
    } catch (error) {
      failures.push(describe(error))
      if (!failures.at(-1)?.includes('locale')) break
      await removeLeftover(target)
    }
  }
  throw new Error(
    `the embedded Postgres could not be set up: ${failures.at(-1) ?? ''}; ` +
      'set DATABASE_URL to use another PostgreSQL',
  )
}

/** As whom, where and with which environment a program of Postgres runs: none of the hub's own. */
export function spawnOptions({ native, user }: PostgresPlace): {
  cwd: string
  env: Record<string, string>
  uid?: number
  gid?: number
} {
  const ids = user === null ? {} : { uid: user.uid, gid: user.gid }
  return { cwd: native, env: { PATH: '/usr/local/bin:/usr/bin:/bin' }, ...ids }
}

async function giveTo(user: SystemUser | null, ...paths: string[]): Promise<void> {
  if (user === null) return
  try {
    for (const path of paths) await chown(path, user.uid, user.gid)
  } catch (cause) {
    throw new Error(
      `Postgres refuses to run as root, and root may not act as ${user.name} here (a container ` +
        'without that right?): run the hub as an ordinary user, or set DATABASE_URL',
      { cause },
    )
  }
}

/** An initdb whose starter was killed may still write there: what it leaves, the next start removes. */
async function removeLeftover(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined)
}

function describe(error: unknown): string {
  if (!types.isNativeError(error)) return String(error)
  const stderr = 'stderr' in error ? String(error.stderr).trim() : ''
  return stderr === '' ? error.message : stderr
}
