import { describe, expect, it } from '@jest/globals'

import { startHub, type TestHub } from '../support/hub.js'
import { findNames, publish, searchFor } from '../support/people.js'
import { cloneDatabase, type TestDatabase } from '../support/postgres.js'
import { until } from '../support/until.js'

const unlimited = { env: { RATE_LIMIT_ENABLED: 'false' } }

/** More than the hub takes at once. */
const MANY = 450

/**
 * Makes of the database what the migration makes of an older hub's: nothing of what searches read but
 * `profile_skills`, and each skill's count yet to be added.
 */
async function makeOlder(database: TestDatabase): Promise<void> {
  await database.query(`
    UPDATE profiles SET searchable_at = NULL, search = NULL, levels = '{}';
    TRUNCATE skills, skill_changes;
    INSERT INTO skill_changes SELECT skill, count(*) FROM profile_skills WHERE is_listed GROUP BY skill`)
}

/** Profiles of an older hub, more than would be published here one by one. */
async function addOlder(database: TestDatabase, count: number): Promise<void> {
  await database.query(`
    INSERT INTO accounts SELECT g, NULL, NULL, now() FROM generate_series(1, ${count}) g;
    INSERT INTO nodes
    SELECT encode(sha256(g::text::bytea), 'hex'), g, 'dpc-node-' || md5(g::text),
           'dpc-node-' || left(md5(g::text), 16), 'dpc-node-' || md5(g::text), '', '', NULL, NULL, now(), NULL
      FROM generate_series(1, ${count}) g;
    INSERT INTO profiles (account_id, name, description, compute, updated_at)
    SELECT g, 'p' || g, 'Weaves by the sea', '{}', now() FROM generate_series(1, ${count}) g;
    INSERT INTO profile_skills (account_id, skill, spelling, level, position, is_listed, updated_at)
    SELECT p.account_id, 'hand_weaving', 'Hand weaving', 1 + p.account_id % 5, 1, p.is_listed, p.updated_at
      FROM profiles p WHERE p.name = 'p' || p.account_id`)
}

async function isIndexed(database: TestDatabase): Promise<boolean> {
  const rows = await database.query(
    'SELECT FROM profiles WHERE searchable_at IS DISTINCT FROM updated_at LIMIT 1',
  )
  return rows.length === 0
}

async function totalOf(hub: TestHub, token: string, q: Record<string, string>): Promise<number> {
  const { status, body } = await searchFor(hub, token, q)
  expect(status).toBe(200)
  return body.total
}

describe('profiles that an older hub has written', () => {
  it('are found after the next start by all that they say', async () => {
    await using database = await cloneDatabase()
    {
      await using before = await startHub({ ...unlimited, database })
      const compute = { models: ['llama-3'] }
      const fields = { description: "O'Hara's \\ bread", compute, languages: ['pt-BR'] }
      await publish(before, { name: 'Ada', expertise: { Python: 5, "O'Caml": 2 }, fields })
      await publish(before, { name: 'Bob', expertise: { Python: 2 } })
      await publish(before, { name: 'Cyd' })
      await publish(before, { name: 'Eve', expertise: { Rust: 1 }, isRegistered: false })
    }
    await makeOlder(database)

    await using hub = await startHub({ ...unlimited, database })
    const { accessToken: token } = await hub.signIn()
    const find = (parameters: Record<string, string>) => findNames(hub, token, parameters)

    expect(await totalOf(hub, token, { q: 'python' })).toBe(2)
    await until(() => isIndexed(database))
    expect(await find({ q: 'python' })).toEqual(['Ada', 'Bob'])
    expect(await find({ q: 'pyton' })).toEqual(['Ada', 'Bob'])
    expect(await find({ skills: "py:4,o'caml" })).toEqual(['Ada'])
    expect(await find({ q: "o'hara's" })).toEqual(['Ada'])
    expect(await find({ q: 'python', language: 'pt', model: 'llama-3' })).toEqual(['Ada'])
    expect(await find({ q: 'cyd' })).toEqual(['Cyd'])
    expect(await find({ q: 'rust' })).toEqual([])
    const { body } = await searchFor(hub, token, { skills: 'python', explain: 'true' })
    const levels = body.results.map(({ why }: { why: any }) => why.terms[0])
    expect(levels).toEqual([
      { term: 'python', points: 930, skill: 'Python', level: 5 },
      { term: 'python', points: 600, skill: 'Python', level: 2 },
    ])
  })

  it('are made so by two instances together, however many there are, each once', async () => {
    await using database = await cloneDatabase()
    await addOlder(database, MANY)
    await makeOlder(database)

    const [one, two] = await Promise.all([
      startHub({ ...unlimited, database }),
      startHub({ ...unlimited, database }),
    ])
    await using hub = one
    await using other = two
    const { accessToken: token } = await hub.signIn()
    await until(() => isIndexed(database))

    for (const each of [hub, other]) {
      const { accessToken } = await each.signIn()
      expect(await totalOf(each, accessToken, { q: 'sea', sort: 'recent' })).toBe(MANY)
    }
    expect(await totalOf(hub, token, { skills: 'handweaving:5' })).toBe(MANY / 5)
    const suggested = async (): Promise<unknown> =>
      (await hub.fetch('GET', '/discovery/skills?prefix=hand', { token })).body.skills
    await until(async () => JSON.stringify(await suggested()).includes('200'))
    expect(await suggested()).toEqual([{ skill: 'Hand weaving', people: 200 }])
  })

  it('are found though one of them cannot be made searchable whole', async () => {
    await using database = await cloneDatabase()
    await addOlder(database, 3)
    // One character that is four, by the rules of Unicode: a word longer than a tsvector takes.
    await database.query(
      "UPDATE profiles SET description = repeat(U&'\\FDF2', 500) WHERE name = 'p2'",
    )
    await makeOlder(database)

    await using hub = await startHub({ ...unlimited, database })
    const { accessToken: token } = await hub.signIn()

    await until(async () => (await totalOf(hub, token, { q: 'sea', sort: 'recent' })) === 2)
    expect(await findNames(hub, token, { q: 'p2' })).toEqual(['p2'])
  })

  it('stay as their owners have changed them meanwhile', async () => {
    await using database = await cloneDatabase()
    await using early = await startHub({ ...unlimited, database })
    const ada = await publish(early, { name: 'Ada', expertise: { Python: 1 } })
    await publish(early, { name: 'Bob', expertise: { Python: 1 } })
    await makeOlder(database)
    const body = { name: 'Ada', expertise: { Haskell: 4 } }
    await early.fetch('PUT', '/profile', { token: ada.accessToken, body })

    await using hub = await startHub({ ...unlimited, database })
    const { accessToken: token } = await hub.signIn()
    await until(() => isIndexed(database))

    expect(await findNames(hub, token, { q: 'python' })).toEqual(['Bob'])
    expect(await findNames(hub, token, { q: 'haskell' })).toEqual(['Ada'])
  })
})
