import { execFile } from 'node:child_process'
import { mkdtemp, readFile, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { describe, expect, it } from '@jest/globals'

import { startHub, type TestHub } from '../support/hub.js'
import { upgrade } from '../support/test-node.js'

/** One line of the tokens file. */
interface Entry {
  readonly node_id: string | null
  readonly token: string
}

interface Run {
  readonly code: number
  readonly stderr: string
}

/** Everything that is put away while an empty database is filled. */
const SHAPE = `
  SELECT pg_get_indexdef(indexrelid) AS shape FROM pg_index WHERE indrelid::regclass::text !~ '[.]'
   UNION ALL
  SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
   UNION ALL
  SELECT tgrelid::regclass || ' ' || tgname || ' ' || tgenabled::text FROM pg_trigger WHERE NOT tgisinternal
   ORDER BY shape`

describe('npm run seed', () => {
  it('fills the database of a running hub with nodes that connect and reach each other', async () => {
    await using hub = await startHub()
    const out = join(await mkdtemp(join(tmpdir(), 'hub-seed-')), 'tokens.json')

    const run = await seed(environmentOf(hub), [
      ...['--nodes', '200', '--accounts', '20', '--profiles', '110', '--out', out],
    ])

    expect(run).toEqual({ code: 0, stderr: '' })
    expect((await stat(out)).mode & 0o777).toBe(0o600)
    const entries: Entry[] = JSON.parse(await readFile(out, 'utf8'))
    expect(entries.filter(({ node_id: nodeId }) => nodeId !== null)).toHaveLength(200)
    expect(entries.filter(({ node_id: nodeId }) => nodeId === null)).toHaveLength(20)
    const [profiles] = await hub.database.query('SELECT count(*)::int FROM profiles')
    expect(profiles).toEqual({ count: 110 })

    const [caller, callee] = [entries[0]!, entries[199]!]
    const alice = await connect(hub, caller.token)
    const bob = await connect(hub, callee.token)
    alice.send({
      type: 'signal',
      target_node_id: callee.node_id,
      payload: { type: 'offer', sdp: 'made up' },
    })
    expect(await bob.next()).toEqual({
      type: 'signal',
      target_node_id: callee.node_id,
      sender_node_id: caller.node_id,
      payload: { type: 'offer', sdp: 'made up' },
    })
  })

  it('makes people whom a search finds', async () => {
    await using hub = await startHub()
    await seed(environmentOf(hub), ['--nodes', '200', '--accounts', '0'])
    const { accessToken } = await hub.signIn()

    const found = await hub.fetch('GET', '/discovery/search?q=python', { token: accessToken })

    expect(found.status).toBe(200)
    expect(found.body.total).toBeGreaterThan(0)
  })

  it('fills an empty database with many, and leaves its indexes, constraints and triggers as they were', async () => {
    await using hub = await startHub()
    const before = await hub.database.query(SHAPE)

    const run = await seed(environmentOf(hub), ['--nodes', '1000', '--accounts', '19000'])

    expect(run).toEqual({ code: 0, stderr: '' })
    expect(await hub.database.query(SHAPE)).toEqual(before)
    const [counted] = await hub.database.query(
      `SELECT (SELECT count(*)::int FROM accounts) AS accounts,
              (SELECT count(*)::int FROM profiles WHERE is_listed AND search IS NOT NULL) > 0 AS found,
              (SELECT sum(people)::int FROM skills)
                = (SELECT count(*)::int FROM profile_skills WHERE is_listed) AS settled`,
    )
    expect(counted).toEqual({ accounts: 20_000, found: true, settled: true })
  })

  it('is refused in production, whatever else the environment lacks', async () => {
    const run = await seed({ NODE_ENV: 'production' }, [])

    expect(run.code).toBe(78)
    expect(run.stderr).toContain('NODE_ENV: is production')
  })

  it.each([
    ['an unknown flag', ['--noodles', '5']],
    ['a number that is none', ['--nodes', 'many']],
    ['more profiles than accounts', ['--nodes', '2', '--accounts', '1', '--profiles', '4']],
  ])('answers %s with its usage', async (_what, args) => {
    const run = await seed({}, args)

    expect(run.code).toBe(64)
    expect(run.stderr).toContain('npm run seed -- [--nodes N]')
  })
})

/** What a second process needs so that the hub takes the tokens it signs. */
function environmentOf(hub: TestHub): Record<string, string> {
  return {
    NODE_ENV: 'test',
    LOG_LEVEL: 'warn',
    DATABASE_URL: hub.database.url,
    SECRET_KEY: hub.config.tokens.secretKey.reveal(),
    PUBLIC_URL: hub.url,
    DATA_DIR: hub.config.database.dataDir,
  }
}

function seed(env: Record<string, string>, args: readonly string[]): Promise<Run> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      ['dist/src/seed.js', ...args],
      { env: { PATH: process.env.PATH, ...env } },
      (_error, _stdout, stderr) => resolve({ code: child.exitCode ?? -1, stderr }),
    )
  })
}

async function connect(hub: TestHub, token: string) {
  const { socket, refused } = await upgrade(`${hub.socketUrl}?token=${token}`)
  if (!socket) throw new Error(`refused: ${JSON.stringify(refused.body)}`)
  expect(await socket.next()).toMatchObject({ type: 'auth_ok' })
  return socket
}
