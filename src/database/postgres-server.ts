import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { open, readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { dirname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

import { Anchor } from './postgres-anchor.js'
import { programPath } from './postgres-binaries.js'
import { spawnOptions } from './postgres-cluster.js'
import { giveToOwnerOf } from './postgres-place.js'
import type { PostgresPlace } from './postgres-place.js'
import { findPostmaster } from './postmaster.js'

const MAX_LOG_BYTES = 5_000_000
const MAX_TAIL_BYTES = 2_000
const START_ATTEMPTS = 5
/** Long enough for the recovery after a crash in the middle of a large seed. */
const READY_DEADLINE_MS = 120_000
const POLL_MS = 15

/** `log` level: the server's own doings, but no statement or error of a client: they hold data. */
const SETTINGS = [
  'listen_addresses=127.0.0.1',
  'unix_socket_directories=',
  'max_connections=100',
  'shared_buffers=128MB',
  'log_min_messages=log',
  'log_checkpoints=off',
  'timezone=UTC',
  'log_timezone=UTC',
]

/** Joins the server that already runs on this cluster; null if there is none. */
export async function joinServer(place: PostgresPlace, password: string): Promise<Anchor | null> {
  const postmaster = await findPostmaster(place.cluster)
  if (postmaster === null) return null
  return whenReady(postmaster.port, password, async () => {
    const now = await findPostmaster(place.cluster)
    return now?.pid !== postmaster.pid
  })
}

/** Starts a server on this cluster; `logFile` takes what it prints. */
export async function startServer(
  place: PostgresPlace,
  password: string,
  logFile: string,
): Promise<Anchor> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort()
    const server = await spawnServer(place, port, logFile)
    const anchor = await whenReady(port, password, () => Promise.resolve(server.end() !== null))
    if (anchor !== null) return anchor
    const why = `${server.end() ?? ''}\n${await server.printed()}`
    // Another program has taken the port, or an orphan of a crash is still on its way out.
    const mayPass = /could not create any TCP|pre-existing shared memory/.test(why)
    if (!mayPass || attempt === START_ATTEMPTS) {
      throw new Error(`the embedded Postgres did not start, see ${logFile}: ${why}`)
    }
    await delay(attempt * 100)
  }
}

/** Null as soon as the server is gone. */
async function whenReady(
  port: number,
  password: string,
  isGone: () => Promise<boolean>,
): Promise<Anchor | null> {
  const deadline = performance.now() + READY_DEADLINE_MS
  while (performance.now() < deadline) {
    if (await isGone()) return null
    const anchor = await Anchor.open(port, password)
    if (anchor !== null) return anchor
    await delay(POLL_MS)
  }
  throw new Error(
    `Postgres at 127.0.0.1:${port} runs but accepts no connection for ` +
      `${READY_DEADLINE_MS / 1000} s: see postgres.log in DATA_DIR`,
  )
}

interface SpawnedServer {
  /** How it ended; null while it runs. */
  end(): string | null
  /** The last of what it printed. */
  printed(): Promise<string>
}

async function spawnServer(
  place: PostgresPlace,
  port: number,
  logFile: string,
): Promise<SpawnedServer> {
  const sink = await open(logFile, 'a', 0o600)
  try {
    await giveToOwnerOf(dirname(logFile), sink)
    const { size } = await sink.stat()
    const begin = size > MAX_LOG_BYTES ? 0 : size
    if (begin === 0) await sink.truncate()
    const settings = SETTINGS.flatMap((setting) => ['-c', setting])
    const child = spawn(
      programPath(place.native, 'postgres'),
      ['-D', place.cluster, '-p', String(port), ...settings],
      // In a session of its own: Ctrl-C must not reach it before the hub has closed.
      { ...spawnOptions(place), detached: true, stdio: ['ignore', sink.fd, sink.fd] },
    )
    let end: string | null = null
    child.once('error', (error) => (end = error.message))
    child.once('exit', (code, signal) => (end ??= `it ended with ${signal ?? code ?? 'no code'}`))
    child.unref()
    return {
      end: () => end,
      printed: async () =>
        (await readFile(logFile)).subarray(begin).subarray(-MAX_TAIL_BYTES).toString().trim(),
    }
  } finally {
    await sink.close()
  }
}

async function freePort(): Promise<number> {
  const probe = createServer()
  probe.listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  await once(probe, 'close')
  if (address === null || typeof address === 'string') throw new Error('no free port on 127.0.0.1')
  return address.port
}
