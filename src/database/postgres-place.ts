import { execFileSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import {
  chmod,
  cp,
  lstat,
  mkdir,
  readdir,
  readlink,
  realpath,
  rename,
  rm,
  stat,
  symlink,
} from 'node:fs/promises'
import { existsSync, readFileSync } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'

import { findPostgresBinaries, programPath } from './postgres-binaries.js'
import { stopPostmaster } from './postmaster.js'

/** Where Postgres lives, and as whom it runs. */
export interface PostgresPlace {
  /** Folder of the binaries: `bin`, `lib`, `share`. */
  readonly native: string
  /** Version of the binaries. */
  readonly version: string
  /** Postgres' own data directory; it may not exist yet. */
  readonly cluster: string
  /** Null: as whoever runs the hub. */
  readonly user: SystemUser | null
}

export interface SystemUser {
  readonly name: string
  readonly uid: number
  readonly gid: number
}

/** What a Postgres of root's hub keeps here: binaries and clusters its own user can reach. */
const STATE_FOLDER = '/var/lib/dpc-federation-hub'
const OWN_USER = 'dpc-hub-db'

/**
 * Finds or prepares the place of the Postgres of `dataDir`.
 *
 * Postgres refuses to run as root, so for root it runs as a user of its own. Where that user cannot
 * come (a clone below a folder of mode 700), binaries and cluster go to /var/lib, and
 * `<dataDir>/postgres` is a link to the cluster.
 *
 * @param isKnown whether `dataDir` holds the password of an earlier cluster
 */
export async function findPlace(dataDir: string, isKnown: boolean): Promise<PostgresPlace> {
  const { native, version } = await findPostgresBinaries()
  const inPlace = join(dataDir, 'postgres')
  const existing = await existingCluster(inPlace)
  if (process.geteuid?.() !== 0) {
    const cluster = existing ?? inPlace
    await refuseForeign(cluster)
    return { native, version, cluster, user: null }
  }

  const user = await chooseUser(existing, dataDir)
  const reachable = await nativeFor(user, native, version)
  const closed = await closedFolder(dirname(existing ?? inPlace), user)
  if (existing !== null && closed !== null) {
    throw new Error(
      `Postgres runs as ${user.name} and cannot pass ${closed} on its way to ${existing}: ` +
        `chmod o+x ${closed}, or set DATABASE_URL`,
    )
  }
  const cluster =
    existing ?? (closed === null ? inPlace : await linkedCluster(dataDir, native, isKnown))
  return { native: reachable, version, cluster, user }
}

/** The cluster that is here already, at the end of a link or not. */
async function existingCluster(inPlace: string): Promise<string | null> {
  const entry = await lstat(inPlace).catch(() => null)
  if (entry === null) return null
  if (!entry.isSymbolicLink()) return inPlace
  const target = resolve(dirname(inPlace), await readlink(inPlace))
  if (existsSync(target)) return target
  throw new Error(
    `${inPlace} points to ${target}, which is gone: bring the database back, ` +
      'or remove the link and postgres-password beside it to begin with an empty one',
  )
}

async function refuseForeign(cluster: string): Promise<void> {
  const owner = await stat(cluster).catch(() => null)
  const uid = process.geteuid?.()
  if (owner === null || uid === undefined || owner.uid === uid) return
  throw new Error(
    `${cluster} belongs to user ${owner.uid}, and this is user ${uid}: ` +
      'run the hub as the user who started it first, or set another DATA_DIR',
  )
}

/** A cluster outside of `dataDir`, at a place that depends on nothing but its path. */
async function linkedCluster(dataDir: string, native: string, isKnown: boolean): Promise<string> {
  await makeStateFolder()
  const name = createHash('sha256').update(dataDir).digest('hex').slice(0, 16)
  const cluster = join(STATE_FOLDER, name)
  // A start that ended before the link was made leaves a password; a person who removed dataDir
  // to begin anew does not. The latter's database is put aside, once.
  if (!isKnown && existsSync(cluster)) {
    await stopPostmaster({ native, cluster })
    await rm(`${cluster}.old`, { recursive: true, force: true })
    await rename(cluster, `${cluster}.old`)
  }
  return cluster
}

/** Makes `<dataDir>/postgres` lead to a cluster that lives elsewhere, for those who look for it. */
export async function linkCluster(dataDir: string, cluster: string): Promise<void> {
  const inPlace = join(dataDir, 'postgres')
  if (!existsSync(inPlace)) await symlink(cluster, inPlace)
}

/** What root makes in the folder of another, that other can use later. */
export async function giveToOwnerOf(folder: string, file: FileHandle): Promise<void> {
  if (process.geteuid?.() !== 0) return
  const { uid, gid } = await stat(folder)
  await file.chown(uid, gid)
}

async function chooseUser(existing: string | null, dataDir: string): Promise<SystemUser> {
  if (existing !== null) {
    const { uid, gid } = await stat(existing)
    if (uid !== 0) return findUser((user) => user.uid === uid) ?? { name: `user ${uid}`, uid, gid }
  }
  const { uid: owner } = await stat(dataDir)
  const known =
    (owner === 0 ? undefined : findUser(({ uid }) => uid === owner)) ??
    findUser(({ name }) => name === 'postgres') ??
    findUser(({ name }) => name === OWN_USER)
  if (known) return known

  try {
    const nologin = '/usr/sbin/nologin'
    const options = ['--system', '--user-group', '--no-create-home', '--shell', nologin]
    execFileSync('useradd', [...options, OWN_USER], { stdio: 'pipe' })
  } catch (cause) {
    throw new Error(
      `Postgres refuses to run as root, and the user ${OWN_USER} could not be made for it: ` +
        'run the hub as an ordinary user, make a system user named postgres, or set DATABASE_URL',
      { cause },
    )
  }
  const made = findUser(({ name }) => name === OWN_USER)
  if (made) return made
  throw new Error(`useradd made no ${OWN_USER} in /etc/passwd: set DATABASE_URL`)
}

function findUser(matches: (user: SystemUser) => boolean): SystemUser | undefined {
  if (!existsSync('/etc/passwd')) return undefined
  return readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .map(([name = '', , uid = '', gid = '']) => ({ name, uid: Number(uid), gid: Number(gid) }))
    .filter(({ uid, gid }) => Number.isInteger(gid) && uid > 0)
    .find(matches)
}

/** The binaries where `user` can run them: in node_modules, or a copy made once. */
async function nativeFor(user: SystemUser, native: string, version: string): Promise<string> {
  const needed = [programPath(native, 'postgres'), join(native, 'share/postgresql/postgres.bki')]
  const closed = await Promise.all(needed.map((path) => closedFolder(path, user)))
  if (closed.every((folder) => folder === null)) return native

  await makeStateFolder()
  const copy = join(STATE_FOLDER, `postgres-${version}`)
  if (existsSync(copy)) return copy
  const temporary = `${copy}.new-${randomBytes(6).toString('hex')}`
  await cp(native, temporary, { recursive: true, verbatimSymlinks: true })
  await openToAll(temporary)
  try {
    await rename(temporary, copy)
  } catch (error) {
    await rm(temporary, { recursive: true, force: true })
    if (!existsSync(copy)) throw error // else another hub was faster
  }
  return copy
}

async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755)
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) await openToAll(path)
    else if (entry.isFile()) await chmod(path, (await stat(path)).mode & 0o111 ? 0o755 : 0o644)
  }
}

async function makeStateFolder(): Promise<void> {
  try {
    await mkdir(STATE_FOLDER, { recursive: true })
    await chmod(STATE_FOLDER, 0o755) // whatever the umask
  } catch (cause) {
    throw new Error(
      `Postgres refuses to run as root, and ${STATE_FOLDER} cannot be made for it: ` +
        'run the hub as an ordinary user, or set DATABASE_URL',
      { cause },
    )
  }
}

/** The first folder on the way that `user` may not pass, the path itself if it may not be read. */
async function closedFolder(path: string, user: SystemUser): Promise<string | null> {
  const parts = (await realpath(path)).split('/').filter((part) => part !== '')
  const ways = ['/', ...parts.map((_, depth) => `/${parts.slice(0, depth + 1).join('/')}`)]
  for (const way of ways) {
    const entry = await stat(way)
    const shift = entry.uid === user.uid ? 6 : entry.gid === user.gid ? 3 : 0
    const needed = entry.isDirectory() ? 0o1 : 0o4
    if (((entry.mode >> shift) & needed) === 0) return way
  }
  return null
}
