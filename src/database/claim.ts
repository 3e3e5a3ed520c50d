import { randomBytes } from 'node:crypto'
import { readdir, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { types } from 'node:util'

const HEARTBEAT_MS = 1_000
/** A claim whose heartbeat stands still for so long is abandoned, even if its pid lives again. */
const ABANDONED_MS = 10_000
const PATIENCE_MS = 180_000

/**
 * Runs `work` while no other process runs work under the same name in the same folder.
 *
 * Whoever wants in writes a file with a name of its own, then looks around: of two that come at
 * once, at least one sees the other and steps back. No name is used twice, so the file of a dead
 * process can be removed without a race. Node has no flock, hence this.
 */
export async function exclusively<T>(
  folder: string,
  name: string,
  work: () => Promise<T>,
): Promise<T> {
  const mine = `${name}.${process.pid}-${randomBytes(6).toString('hex')}`
  const file = join(folder, mine)
  await claim(folder, name, mine)
  const heartbeat = setInterval(() => {
    const now = new Date()
    utimes(file, now, now).catch(() => undefined) // the folder is gone: nothing left to guard
  }, HEARTBEAT_MS)
  heartbeat.unref()
  try {
    return await work()
  } finally {
    clearInterval(heartbeat)
    await rm(file, { force: true })
  }
}

/** True while a process of this id exists, whoever owns it. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return types.isNativeError(error) && 'code' in error && error.code === 'EPERM'
  }
}

async function claim(folder: string, name: string, mine: string): Promise<void> {
  const watch = new ClaimWatch(folder, name, mine)
  const deadline = performance.now() + PATIENCE_MS
  while (performance.now() < deadline) {
    if (!(await watch.seesOthers())) {
      await writeFile(join(folder, mine), '', { flag: 'wx', mode: 0o600 })
      if (!(await watch.seesOthers())) return
      await rm(join(folder, mine), { force: true })
    }
    await delay(5 + Math.random() * 30)
  }
  throw new Error(
    `another process has been busy with ${folder} for ${PATIENCE_MS / 1000} s: ` +
      `end it, or remove ${join(folder, name)}.*`,
  )
}

/** Looks at the claims of others and removes those nobody stands behind. */
class ClaimWatch {
  readonly #seen = new Map<string, { mtime: number; since: number }>()

  constructor(
    private readonly folder: string,
    private readonly name: string,
    private readonly mine: string,
  ) {}

  async seesOthers(): Promise<boolean> {
    const prefix = `${this.name}.`
    const files = await readdir(this.folder)
    const others = files.filter((file) => file.startsWith(prefix) && file !== this.mine)
    const held = await Promise.all(others.map((file) => this.isHeld(file)))
    return held.includes(true)
  }

  private async isHeld(file: string): Promise<boolean> {
    const path = join(this.folder, file)
    const mtime = await stat(path).then(
      ({ mtimeMs }) => mtimeMs,
      () => null,
    )
    if (mtime === null) return false
    const seen = this.#seen.get(file)
    const now = performance.now()
    if (seen?.mtime !== mtime) this.#seen.set(file, { mtime, since: now })
    const still = seen?.mtime === mtime ? now - seen.since : 0
    const pid = Number.parseInt(file.slice(this.name.length + 1), 10)
    if (isAlive(pid) && still < ABANDONED_MS) return true
    await rm(path, { force: true })
    return false
  }
}
