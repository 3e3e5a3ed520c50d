import { execFile } from 'node:child_process'
import { readFile, readlink, realpath, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'

import { isAlive } from './claim.js'
import { programPath } from './postgres-binaries.js'

/** The parent process of a running Postgres, as its postmaster.pid tells. */
export interface Postmaster {
  readonly pid: number
  readonly port: number
}

const POLL_MS = 10
const STOP_DEADLINE_MS = 60_000

/**
 * The live server of this cluster, or null. A postmaster.pid that a crash left behind is disowned,
 * so that Postgres starts again even if its process id has a new bearer.
 */
export async function findPostmaster(cluster: string): Promise<Postmaster | null> {
  const lines = await readPidFile(cluster)
  if (lines === null) return null
  const pid = Number.parseInt(lines[0] ?? '', 10)
  if (Number.isInteger(pid) && isAlive(pid) && (await isPostgresOf(cluster, pid))) {
    return { pid, port: Number.parseInt(lines[3] ?? '', 10) }
  }
  // Postgres takes a pid file for stale when it names its own parent, which is this process. The
  // other lines stay: by them Postgres makes sure that no orphan of the crash still writes.
  await writeFile(pidFile(cluster), [process.pid, ...lines.slice(1)].join('\n'))
  return null
}

/** Fast shutdown: ends its clients, writes a checkpoint, resolves when it is gone. */
export async function stopPostmaster(place: {
  readonly native: string
  readonly cluster: string
}): Promise<void> {
  const { native, cluster } = place
  const postmaster = await findPostmaster(cluster)
  if (postmaster === null) return
  if (process.platform === 'win32') {
    // Windows has no signals; Postgres listens on a pipe that pg_ctl knows.
    const stop = ['stop', '-m', 'fast', '-W', '-D', cluster]
    await promisify(execFile)(programPath(native, 'pg_ctl'), stop)
  } else {
    process.kill(postmaster.pid, 'SIGINT')
  }

  const deadline = performance.now() + STOP_DEADLINE_MS
  while (isAlive(postmaster.pid)) {
    // A dead process that nobody waits for (a container without init) stays alive in name only.
    if ((await readPidFile(cluster)) === null && !(await isPostgresOf(cluster, postmaster.pid))) {
      return
    }
    if (performance.now() > deadline) {
      throw new Error(
        `Postgres (pid ${postmaster.pid}) does not stop: see postgres.log in DATA_DIR`,
      )
    }
    await delay(POLL_MS)
  }
}

async function readPidFile(cluster: string): Promise<string[] | null> {
  try {
    return (await readFile(pidFile(cluster), 'utf8')).split('\n')
  } catch {
    return null
  }
}

function pidFile(cluster: string): string {
  return join(cluster, 'postmaster.pid')
}

/** Whether the process is a postgres working on this cluster; true where that cannot be known. */
async function isPostgresOf(cluster: string, pid: number): Promise<boolean> {
  if (process.platform === 'win32') return true
  try {
    const command =
      process.platform === 'linux'
        ? (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ')
        : (await promisify(execFile)('ps', ['-ww', '-o', 'command=', '-p', String(pid)])).stdout
    if (!command.includes('postgres')) return false
    if (command.includes(` ${cluster} `)) return true
    // Started by hand, with a relative path: Postgres works in its data directory.
    return (await readlink(`/proc/${pid}/cwd`)) === (await realpath(cluster))
  } catch {
    return false
  }
}
