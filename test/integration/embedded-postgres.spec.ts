import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { watch } from 'node:fs'
import {
  chmod,
  chown,
  cp,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises'
import { connect } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { Client } from 'pg'

import { openEmbeddedPostgres } from '../../src/database/embedded-postgres.js'
import { compileProgram, PostgresProcess } from '../support/postgres-process.js'

const isRoot = process.geteuid?.() === 0

let workshop = ''
let program = ''
let base = ''
let dataDir = ''

beforeAll(async () => {
  workshop = await mkdtemp(join(tmpdir(), 'hub-postgres-program-'))
  program = await compileProgram(join(workshop, 'database'))
})

afterAll(() => rm(workshop, { recursive: true, force: true }))

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'hub-postgres-'))
  await chmod(base, 0o755)
  dataDir = join(base, 'data')
})

afterEach(async () => {
  const pid = await postmasterPid()
  // A pid file that was found stale names this very process.
  if (pid !== null && pid !== process.pid) process.kill(pid, 'SIGKILL')
  await rm(base, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 })
})

describe('the embedded Postgres', () => {
  it('keeps its data, and text in any script can be searched', async () => {
    const first = await open()
    await query(first.url, "create table kept as select 'МАШИННОЕ обучение ÄÖ' as skill")
    await query(first.url, 'create extension pg_trgm')
    await first.stop()
    const second = await open()

    expect(
      await query(
        second.url,
        `select lower(skill) as lowered,
                similarity(skill, 'машинное обучени') > 0.7 as is_similar,
                cardinality(show_trgm('日本語')) as japanese,
                to_tsvector('simple', 'ОБУЧЕНИЕ')::text as words,
                current_setting('server_encoding') as encoding,
                current_setting('fsync') as fsync
           from kept`,
      ),
    ).toEqual([
      {
        lowered: 'машинное обучение äö',
        is_similar: true,
        japanese: 4,
        words: "'обучение':1",
        encoding: 'UTF8',
        fsync: 'on',
      },
    ])
    await second.stop()
  })

  it('asks for its password and listens on 127.0.0.1 only', async () => {
    const postgres = await open()
    const url = new URL(postgres.url)
    const others = Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .filter(({ family, address }) => family === 'IPv4' && address !== '127.0.0.1')

    expect(postgres.url).toMatch(/^postgres:\/\/hub:[0-9a-f]{48}@127\.0\.0\.1:\d+\/hub$/)
    for (const { address } of others) {
      await expect(reach(address, Number(url.port))).rejects.toThrow('ECONNREFUSED')
    }
    url.password = 'guessed'
    await expect(query(url.href, 'select 1')).rejects.toThrow('password authentication failed')
    expect((await stat(join(dataDir, 'postgres-password'))).mode & 0o777).toBe(0o600)
    await postgres.stop()
  })

  it('logs neither statements nor what is in them, and begins a large log anew', async () => {
    await mkdir(dataDir)
    await writeFile(join(dataDir, 'postgres.log'), 'x'.repeat(5_000_001))
    const postgres = await open()
    await query(postgres.url, 'create table emails (email text primary key)')
    await query(postgres.url, "insert into emails values ('ada@example.org')")
    const twice = query(postgres.url, "insert into emails values ('ada@example.org')")
    await expect(twice).rejects.toThrow('duplicate key')
    await postgres.stop()

    const log = await readFile(join(dataDir, 'postgres.log'), 'utf8')
    expect(log).toContain('ready to accept connections')
    expect(log).not.toMatch(/ada@example|xxx/)
  })
})

describe('processes that share an embedded Postgres', () => {
  it('all find the one that the first of them started, and the last one stops it', async () => {
    const processes = Array.from({ length: 5 }, () => PostgresProcess.spawn(program, dataDir))
    const urls = await Promise.all(processes.map((each) => each.nextLine()))

    expect(new Set(urls).size).toBe(1)
    for (const each of processes) {
      expect(await postmasterPid()).not.toBeNull()
      await each.stop()
    }
    expect(await postmasterPid()).toBeNull()
    expect((await readdir(dataDir)).sort()).toEqual([
      'postgres',
      'postgres-password',
      'postgres.log',
    ])
  })

  it('never lose it when others come and go', async () => {
    const visitors = Array.from({ length: 4 }, () => PostgresProcess.spawn(program, dataDir, '8'))

    expect(await Promise.all(visitors.map((each) => each.nextLine()))).toEqual(
      visitors.map(() => 'done'),
    )
    expect(await postmasterPid()).toBeNull()
  })

  it('leave it running for a client that is still connected', async () => {
    const postgres = await open()
    const client = new Client({ connectionString: postgres.url })
    await client.connect()
    await postgres.stop()

    expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }])
    await client.end()
    await (await open()).stop()
    expect(await postmasterPid()).toBeNull()
  })

  it('stop it although a pool was closed only just before', async () => {
    const postgres = await open()
    const clients = Array.from({ length: 10 }, () => new Client(postgres.url))
    await Promise.all(clients.map((client) => client.connect()))
    await Promise.all(clients.map((client) => client.end()))
    await postgres.stop()

    expect(await postmasterPid()).toBeNull()
  })
})

describe('after a crash', () => {
  it('of the hub, the next start takes the running Postgres over and stops it', async () => {
    const hub = PostgresProcess.spawn(program, dataDir)
    const url = await hub.nextLine()
    const pid = await postmasterPid()
    await hub.kill()
    const next = await open()

    expect(next.url).toBe(url)
    expect(await postmasterPid()).toBe(pid)
    await next.stop()
    expect(await postmasterPid()).toBeNull()
  })

  it('of Postgres, the next start recovers what was committed', async () => {
    const postgres = await open()
    await query(postgres.url, 'create table kept as select 1 as one')
    process.kill((await postmasterPid()) ?? 0, 'SIGKILL')
    const next = await open()

    expect(await query(next.url, 'select one from kept')).toEqual([{ one: 1 }])
    await postgres.stop()
    await next.stop()
  })

  it('of the machine, a process that has the old process id now is no hindrance', async () => {
    await (await open()).stop()
    const { uid, gid } = await stat(join(dataDir, 'postgres'))
    await using bearer = await sleeper({ uid, gid })
    const pidFile = join(dataDir, 'postgres', 'postmaster.pid')
    const lines = [bearer.pid, join(dataDir, 'postgres'), 1_700_000_000, 5432, '', '127.0.0.1', '']
    await writeFile(pidFile, lines.join('\n'), { mode: 0o600 })
    await chown(pidFile, uid, gid)
    const next = await open()

    expect(await query(next.url, 'select 1 as one')).toEqual([{ one: 1 }])
    await next.stop()
  })

  it('in the middle of the very first start, the next one begins anew', async () => {
    await mkdir(dataDir)
    const begun = watchFor(dataDir, /^postgres\.new-/)
    const hub = PostgresProcess.spawn(program, dataDir)
    await begun
    await hub.kill()
    const next = await open()

    expect(await query(next.url, 'select 1 as one')).toEqual([{ one: 1 }])
    await next.stop()
    expect((await readdir(dataDir)).filter((name) => name.startsWith('postgres.'))).toEqual([
      'postgres.log',
    ])
  })
})

describe('an embedded Postgres that cannot be opened says what to do', () => {
  it('when another major version made it', async () => {
    await layOut({ 'postgres-password': 'known', 'postgres/PG_VERSION': '15\n' })

    await expect(open()).rejects.toThrow(/PG_VERSION says 15, .* is 17: dump .*DATABASE_URL/)
  })

  it('when its password is lost', async () => {
    await layOut({ 'postgres/PG_VERSION': '17\n' })

    await expect(open()).rejects.toThrow(/postgres-password is missing, .*bring it back/)
  })

  it('when its password is another', async () => {
    await (await open()).stop()
    await writeFile(join(dataDir, 'postgres-password'), 'another')

    await expect(open()).rejects.toThrow(/refuses the password in postgres-password/)
  })

  it('when its place is taken by something else', async () => {
    await layOut({ 'postgres/holiday.jpg': '' })

    await expect(open()).rejects.toThrow(/is no Postgres cluster: move it away/)
  })

  it('when Postgres refuses to start', async () => {
    await layOut({ 'postgres-password': 'known', 'postgres/PG_VERSION': '17\n' })

    await expect(open()).rejects.toThrow(/did not start, see .*postgres\.log: it ended with \d/)
  })
})

it('works on a copy of a folder whose Postgres is running, and leaves that one alone', async () => {
  const original = await open()
  const copy = join(base, 'copy')
  await cp(dataDir, copy, { recursive: true })
  if (isRoot) await giveAll(join(copy, 'postgres'), await stat(join(dataDir, 'postgres')))
  const second = await openEmbeddedPostgres(copy, () => undefined)

  expect(second.url).not.toBe(original.url)
  await second.stop()
  expect(await query(original.url, 'select 1 as one')).toEqual([{ one: 1 }])
  await original.stop()
})

// Only root's Postgres runs as somebody else, who may not come everywhere.
if (isRoot) {
  describe('below a folder that only root may enter', () => {
    let cluster = ''

    beforeEach(() => chmod(base, 0o700))

    afterEach(async () => {
      await rm(cluster, { recursive: true, force: true })
      await rm(`${cluster}.old`, { recursive: true, force: true })
    })

    it('keeps the cluster where its user can come, and leaves a link', async () => {
      const postgres = await open()
      cluster = await readlink(join(dataDir, 'postgres'))
      await query(postgres.url, 'create table kept as select 1 as one')
      await postgres.stop()

      expect(cluster).toMatch(/^\/var\/lib\/dpc-federation-hub\/[0-9a-f]{16}$/)
      expect((await stat(cluster)).uid).not.toBe(0)
      const next = await open()
      expect(await query(next.url, 'select one from kept')).toEqual([{ one: 1 }])
      await next.stop()
    })

    it('takes up a cluster whose link was not made yet', async () => {
      const postgres = await open()
      cluster = await readlink(join(dataDir, 'postgres'))
      await query(postgres.url, 'create table kept as select 1 as one')
      await postgres.stop()
      await rm(join(dataDir, 'postgres'))
      const next = await open()

      expect(await query(next.url, 'select one from kept')).toEqual([{ one: 1 }])
      await next.stop()
    })

    it('begins anew when DATA_DIR was removed, even under a running Postgres', async () => {
      const first = await open()
      cluster = await readlink(join(dataDir, 'postgres'))
      await query(first.url, 'create table kept as select 1 as one')
      await rm(dataDir, { recursive: true })
      const next = await open()

      await expect(query(next.url, 'select one from kept')).rejects.toThrow('does not exist')
      await expect(query(first.url, 'select 1')).rejects.toThrow('ECONNREFUSED')
      await next.stop()
    })

    it('says so when the cluster behind the link is gone', async () => {
      await (await open()).stop()
      cluster = await readlink(join(dataDir, 'postgres'))
      await rm(cluster, { recursive: true })

      await expect(open()).rejects.toThrow(/points to .*, which is gone: bring .* back/)
    })
  })
}

function open() {
  return openEmbeddedPostgres(dataDir, () => undefined)
}

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

/** Puts files into a DATA_DIR that no hub has made. */
async function layOut(files: Record<string, string>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(dataDir, name)), { recursive: true })
    await writeFile(join(dataDir, name), content)
  }
}

/** Of the server that runs under `dataDir` now. */
async function postmasterPid(): Promise<number | null> {
  try {
    const [pid] = (await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8')).split('\n')
    return Number(pid)
  } catch {
    return null
  }
}

function reach(host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, host, () => {
      socket.destroy()
      resolve()
    })
    socket.once('error', reject)
  })
}

function watchFor(folder: string, name: RegExp): Promise<void> {
  return new Promise((resolve) => {
    const watcher = watch(folder, (_event, file) => {
      if (file === null || !name.test(file)) return
      watcher.close()
      resolve()
    })
  })
}

/** A process that has nothing to do with Postgres, but runs as its user. */
async function sleeper(user: { uid: number; gid: number }) {
  const child = spawn('sleep', ['600'], isRoot ? user : {})
  await once(child, 'spawn')
  return {
    pid: child.pid,
    async [Symbol.asyncDispose]() {
      child.kill()
      await once(child, 'exit')
    },
  }
}

async function giveAll(path: string, owner: { uid: number; gid: number }): Promise<void> {
  await chown(path, owner.uid, owner.gid)
  if (!(await lstat(path)).isDirectory()) return
  for (const name of await readdir(path)) await giveAll(join(path, name), owner)
}
