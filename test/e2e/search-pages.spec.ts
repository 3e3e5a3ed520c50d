import { describe, expect, it } from '@jest/globals'

import { type SearchAnswer, searchAnswer } from '../../src/discovery/discovery.schema.js'
import { expectError } from '../support/error-oracle.js'
import { startHub, type TestHub } from '../support/hub.js'
import { publish, searchFor } from '../support/people.js'

const unlimited = { env: { RATE_LIMIT_ENABLED: 'false' } }

type Parameters = Record<string, string>

/**
 * So many people with the skill Erlang, at levels 1 to 5, by their rows as the hub would have written them: the
 * account n is `p<n>`. One more has published by the route, so that the skill is known at once.
 */
async function addPeople(hub: TestHub, count: number): Promise<void> {
  await publish(hub, { name: 'p0', expertise: { Erlang: 1 } })
  await hub.database.query(`
    INSERT INTO accounts SELECT g, NULL, NULL, now() FROM generate_series(1, ${count - 1}) g;
    INSERT INTO nodes
    SELECT encode(sha256(g::text::bytea), 'hex'), g, 'dpc-node-' || md5(g::text),
           'dpc-node-' || left(md5(g::text), 16), 'dpc-node-' || md5(g::text), '', '', NULL, NULL, now(), NULL
      FROM generate_series(1, ${count - 1}) g;
    INSERT INTO profiles (account_id, name, compute, updated_at, levels, search)
    SELECT g, 'p' || g, '{}', date_trunc('milliseconds', now()) - g % 7 * interval '1 day',
           jsonb_build_object('erlang', 1 + g % 5),
           format('''p%s'':1A ''erlang'':12B ''%s=erlang''', g, 1 + g % 5)::tsvector
      FROM generate_series(1, ${count - 1}) g;
    INSERT INTO profile_skills (account_id, skill, spelling, level, position, is_listed, updated_at)
    SELECT p.account_id, 'erlang', 'Erlang', 1 + p.account_id % 5, 1, p.is_listed, p.updated_at
      FROM profiles p WHERE p.account_id < ${count}`)
}

function names(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `p${index}`)
}

function namesOf({ results }: SearchAnswer): string[] {
  return results.map(({ name }) => name)
}

/** All pages of a search, one after the other; `between` is called before each that follows. */
async function pagesOf(
  hub: TestHub,
  token: string,
  parameters: Parameters,
  between: (page: SearchAnswer) => Promise<void> = () => Promise.resolve(),
): Promise<SearchAnswer[]> {
  const pages: SearchAnswer[] = []
  for (let cursor: string | null | undefined; cursor !== null;) {
    const last = pages.at(-1)
    if (last) await between(last)
    const from: Parameters = cursor === undefined ? {} : { cursor }
    const { status, body } = await searchFor(hub, token, { ...parameters, ...from })
    if (status !== 200) throw new Error(`page: ${JSON.stringify(body)}`)
    const page = searchAnswer.parse(body)
    pages.push(page)
    cursor = page.next_cursor ?? null
  }
  return pages
}

describe('the pages of a search', () => {
  it('have everybody exactly once, in one order', async () => {
    await using hub = await startHub(unlimited)
    await addPeople(hub, 130)
    const { accessToken: token } = await hub.signIn()

    for (const sort of ['relevance', 'level', 'recent']) {
      for (const what of [{ q: 'erlang' }, { skills: 'erlang' }] as Parameters[]) {
        const pages = await pagesOf(hub, token, { ...what, sort, limit: '20' })

        expect(pages.map(({ results }) => results.length)).toEqual([20, 20, 20, 20, 20, 20, 10])
        expect(pages.map(({ total }) => total)).toEqual(pages.map(() => 130))
        expect(pages.every(({ total_is_lower_bound: isLower }) => isLower === false)).toBe(true)
        expect(pages.flatMap(namesOf).toSorted()).toEqual(names(130).toSorted())
        const large = await pagesOf(hub, token, { ...what, sort })
        expect(large.flatMap(namesOf)).toEqual(pages.flatMap(namesOf))
      }
    }
  })

  it('end where the last one is full', async () => {
    await using hub = await startHub(unlimited)
    await addPeople(hub, 40)
    const { accessToken: token } = await hub.signIn()

    const pages = await pagesOf(hub, token, { q: 'erlang', limit: '20' })

    expect(pages.map(({ results }) => results.length)).toEqual([20, 20])
  })

  it.each([
    { q: 'erlang', sort: 'relevance' },
    { q: 'erlang', sort: 'recent' },
    { skills: 'erlang', sort: 'relevance' },
    { skills: 'erlang', sort: 'level' },
  ])('have whoever has not changed exactly once, whatever others do: %j', async (parameters) => {
    await using hub = await startHub(unlimited)
    await addPeople(hub, 130)
    const { accessToken: token } = await hub.signIn()
    const touched = new Set<string>()
    const seen = new Set<string>()
    const untouched = () => names(130).filter((name) => name !== 'p0' && !touched.has(name))
    /** One who has been shown, and one who has not. */
    const pick = () => {
      const [known, unknown] = [true, false].map((isSeen) =>
        untouched().find((name) => seen.has(name) === isSeen),
      )
      return [known, unknown].filter((name) => name !== undefined)
    }
    const act = async (name: string, method: string, body?: unknown): Promise<void> => {
      touched.add(name)
      const person = await hub.signIn(Number(name.slice(1)))
      const request = { token: person.accessToken, ...(body === undefined ? {} : { body }) }
      const { status } = await hub.fetch(method, '/profile', request)
      expect([200, 204]).toContain(status)
    }

    const pages = await pagesOf(hub, token, { ...parameters, limit: '30' }, async (page) => {
      for (const name of namesOf(page)) seen.add(name)
      hub.clock.advance({ minutes: 1 })
      for (const name of pick()) await act(name, 'DELETE')
      for (const name of pick()) await act(name, 'PUT', { name, expertise: { Erlang: 5 } })
      for (const name of pick()) await act(name, 'PUT', { name, expertise: { Erlang: 1 } })
      await publish(hub, { name: 'new', expertise: { Erlang: 3 } })
    })

    const found = pages.flatMap(namesOf)
    expect(touched.size).toBeGreaterThanOrEqual(20)
    expect(found.filter((name) => untouched().includes(name)).toSorted()).toEqual(
      untouched().toSorted(),
    )
  })

  it('are 300 people at most, and count them all', async () => {
    await using hub = await startHub(unlimited)
    await addPeople(hub, 620)
    const { accessToken: token } = await hub.signIn()

    for (const what of [{ q: 'erlang' }, { skills: 'erlang' }] as Parameters[]) {
      const pages = await pagesOf(hub, token, { ...what, limit: '48' })

      const found = pages.flatMap(namesOf)
      expect(found).toHaveLength(300)
      expect(new Set(found).size).toBe(300)
      expect(pages.at(-1)).toMatchObject({ total: 620, total_is_lower_bound: false })
      expect(pages.at(-1)?.results).toHaveLength(300 % 48)
    }
  })

  it('of more than 10,000 say that there are more, and begin with the best', async () => {
    await using hub = await startHub(unlimited)
    await addPeople(hub, 10_050)
    const { accessToken: token } = await hub.signIn()
    const searches: Parameters[] = [
      { skills: 'erlang' },
      { q: 'erlang', sort: 'level' },
      { q: 'erlang -chess', sort: 'relevance' },
    ]
    for (const what of searches) {
      const pages = await pagesOf(hub, token, what)

      expect(pages[0]).toMatchObject({ total: 10_000, total_is_lower_bound: true })
      const results = pages.flatMap((page) => page.results)
      expect(new Set(results.map(({ name }) => name)).size).toBe(300)
      expect(results.every(({ expertise }) => expertise.Erlang === 5)).toBe(true)
    }
    const exact = await searchFor(hub, token, { skills: 'erlang:5' })
    expect(exact.body).toMatchObject({ total: 2_010, total_is_lower_bound: false })
    const classic = await searchFor(hub, token, { q: 'erlang' })
    expect(classic.body.total).toBe(10_000)
    expect(classic.body).not.toHaveProperty('total_is_lower_bound')
  })
})

describe('a cursor', () => {
  it('is of one search by one account, and none that was made up', async () => {
    await using hub = await startHub(unlimited)
    await addPeople(hub, 30)
    const { accessToken: token } = await hub.signIn()
    const { accessToken: another } = await hub.signIn()
    const search: Parameters = { q: 'erlang', limit: '10' }
    const first = await searchFor(hub, token, search)
    const cursor: string = first.body.next_cursor
    const at = Math.floor(cursor.length / 2)
    const changed = cursor.slice(0, at) + (cursor[at] === 'A' ? 'B' : 'A') + cursor.slice(at + 1)
    const position = Buffer.from('[1000,0,0,0,0,1]').toString('base64url')
    const mac = cursor.split('.')[1] ?? ''
    const faulty: [string, Parameters][] = [
      [another, { ...search, cursor }],
      [token, { ...search, q: 'haskell', cursor }],
      [token, { ...search, q: 'erlang', language: 'en', cursor }],
      [token, { ...search, sort: 'recent', cursor }],
      [token, { skills: 'erlang', limit: '10', cursor }],
      [token, { ...search, cursor: changed }],
      [token, { ...search, cursor: cursor.slice(0, -4) }],
      [token, { ...search, cursor: `${position}.${mac}` }],
      [token, { ...search, cursor: position }],
      [token, { ...search, cursor: 'next' }],
      [token, { ...search, cursor: '' }],
      [token, { ...search, cursor: '😀' }],
    ]

    for (const [whose, parameters] of faulty) {
      const answer = await searchFor(hub, whose, parameters)
      expectError(answer, 400, 'invalid_cursor', JSON.stringify(parameters))
      expect(answer.body.issues[0].path).toBe('cursor')
    }
    expect((await searchFor(hub, token, { ...search, cursor })).status).toBe(200)
  })

  it('carries on at another instance, and after a restart', async () => {
    await using hub = await startHub(unlimited)
    await addPeople(hub, 30)
    const { accessToken: token } = await hub.signIn()
    const first = await searchFor(hub, token, { q: 'erlang', limit: '20' })
    const env = { ...unlimited.env, PUBLIC_URL: hub.url }
    await using other = await startHub({ env, database: hub.database })

    const cursor = first.body.next_cursor
    const second = await searchFor(other, token, { q: 'erlang', limit: '20', cursor })

    const found = [first.body, second.body].flatMap((page) => namesOf(searchAnswer.parse(page)))
    expect(found.toSorted()).toEqual(names(30).toSorted())
  })
})
