import { randomBytes } from 'node:crypto'
import { access, constants, mkdir, open, readFile, realpath } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { types } from 'node:util'

import { exclusively } from './claim.js'
import type { Anchor } from './postgres-anchor.js'
import { createCluster, isCluster } from './postgres-cluster.js'
import { findPlace, giveToOwnerOf, linkCluster } from './postgres-place.js'
import type { PostgresPlace } from './postgres-place.js'
import { joinServer, startServer } from './postgres-server.js'
import { stopPostmaster } from './postmaster.js'

/** A real Postgres that lives under DATA_DIR, shared by all processes that open it. */
export interface EmbeddedPostgres {
  /** `postgres://hub:<password>@127.0.0.1:<port>/hub`; `hub` is superuser of its own server. */
  readonly url: string
  /** Gives it back. The last one to do so stops the server. */
  stop(): Promise<void>
}

type Log = (line: string) => void

const CLAIM = 'postgres.claim'
const PASSWORD_FILE = 'postgres-password'
const LOG_FILE = 'postgres.log'
const POLL_MS = 20
/** How often to look whether the backends of a pool that was just closed have ended. */
const CLOSING_POLLS = 40

/**
 * Starts the Postgres under `dataDir`, or attaches to the one already running there.
 *
 * Any number of processes may do so at once. A hub that is killed leaves the server running, and
 * the next one to open it takes it over.
 *
 * @throws Error whose message says what to mend
 */
export async function openEmbeddedPostgres(dataDir: string, log: Log): Promise<EmbeddedPostgres> {
  const folder = await prepareFolder(dataDir)
  return exclusively(folder, CLAIM, async () => {
    const known = await readPassword(folder)
    const place = await findPlace(folder, known !== null)
    const password = await prepareCluster(folder, place, known, log)
    const running = await joinServer(place, password)
    if (running !== null) {
      log(`joined the Postgres that runs at 127.0.0.1:${running.port}`)
      return new SharedPostgres(folder, place, running, log)
    }
    const started = await startServer(place, password, join(folder, LOG_FILE))
    log(`started Postgres at 127.0.0.1:${started.port}, data in ${place.cluster}`)
    return new SharedPostgres(folder, place, started, log)
  })
}

class SharedPostgres implements EmbeddedPostgres {
  readonly url: string
  #stopping: Promise<void> | null = null

  constructor(
    private readonly folder: string,
    private readonly place: PostgresPlace,
    private readonly anchor: Anchor,
    private readonly log: Log,
  ) {
    this.url = anchor.url
  }

  stop(): Promise<void> {
    this.#stopping ??= exclusively(this.folder, CLAIM, () => this.leave())
    return this.#stopping
  }

  private async leave(): Promise<void> {
    const isLast = await this.isLast()
    await this.anchor.close()
    if (isLast) await stopPostmaster(this.place)
    this.log(isLast ? 'stopped Postgres' : 'left Postgres running for those who still use it')
  }

  private async isLast(): Promise<boolean> {
    for (let poll = 0; poll < CLOSING_POLLS; poll++) {
      const { anchors, all } = await this.anchor.countOthers()
      if (all === 0) return true
      if (anchors > 0) return false
      await delay(POLL_MS)
    }
    return false
  }
}

async function prepareFolder(dataDir: string): Promise<string> {
  const folder = resolve(dataDir)
  try {
    await mkdir(folder, { recursive: true })
    await access(folder, constants.W_OK | constants.X_OK)
    return await realpath(folder)
  } catch (cause) {
    throw new Error(
      `${folder} cannot be made or written: run the hub as its owner, or set another DATA_DIR`,
      { cause },
    )
  }
}

/** Makes the cluster if there is none, and resolves with its password. */
async function prepareCluster(
  folder: string,
  place: PostgresPlace,
  known: string | null,
  log: Log,
): Promise<string> {
  const exists = await isCluster(place)
  if (exists && known === null) {
    throw new Error(
      `${join(folder, PASSWORD_FILE)} is missing, and ${place.cluster} cannot be opened without ` +
        'it: bring it back, or move both away to begin with an empty database',
    )
  }
  const password = known ?? (await makePassword(folder))
  if (!exists) {
    log(`making an empty database in ${place.cluster}`)
    await createCluster(place, password)
  }
  await linkCluster(folder, place.cluster)
  return password
}

/** Null when there is none, or one that a crash left half-written. */
async function readPassword(folder: string): Promise<string | null> {
  try {
    const password = (await readFile(join(folder, PASSWORD_FILE), 'utf8')).trim()
    return password === '' ? null : password
  } catch (cause) {
    if (types.isNativeError(cause) && 'code' in cause && cause.code === 'ENOENT') return null
    throw new Error(
      `${join(folder, PASSWORD_FILE)} cannot be read: run the hub as the user who started it ` +
        'first, or set another DATA_DIR',
      { cause },
    )
  }
}

/** On disk before the first cluster that is made with it. */
async function makePassword(folder: string): Promise<string> {
  const password = randomBytes(24).toString('hex')
  const file = await open(join(folder, PASSWORD_FILE), 'w', 0o600)
  try {
    await giveToOwnerOf(folder, file)
    await file.writeFile(`${password}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
  return password
}
