import { describe, expect, it } from '@jest/globals'

import { searchAnswer } from '../../src/discovery/discovery.schema.js'
import { expectError } from '../support/error-oracle.js'
import { startHub, type TestHub } from '../support/hub.js'
import { findNames, publish, type Published, searchFor } from '../support/people.js'
import { until } from '../support/until.js'

const unlimited = { env: { RATE_LIMIT_ENABLED: 'false' } }

/** Publishes them in this order, and resolves to what finds the names of some, sorted. */
async function among(hub: TestHub, people: readonly Published[]) {
  for (const person of people) await publish(hub, person)
  const { accessToken: token } = await hub.signIn()
  return async (parameters: Record<string, string>) =>
    (await findNames(hub, token, parameters)).toSorted()
}

describe('skills that are asked for', () => {
  it('must all be there, each at its level', async () => {
    await using hub = await startHub(unlimited)
    const find = await among(hub, [
      { name: 'both', expertise: { Python: 4, Rust: 1 } },
      { name: 'py 3', expertise: { Python: 3, Rust: 5 } },
      { name: 'py alone', expertise: { Python: 5 } },
      { name: 'rust alone', expertise: { Rust: 5 } },
      { name: 'Python Rust', fields: { description: 'Python and Rust' } },
    ])

    expect(await find({ skills: 'python:4,rust' })).toEqual(['both'])
    expect(await find({ skills: 'rust , python : 4' })).toEqual(['both'])
    expect(await find({ skills: 'python,rust' })).toEqual(['both', 'py 3'])
    expect(await find({ skills: 'python:5,rust:5' })).toEqual([])
    expect(await find({ skills: 'python,cobol' })).toEqual([])
  })

  it('are asked at min_level where they name no level of their own', async () => {
    await using hub = await startHub(unlimited)
    const find = await among(hub, [
      { name: '4 1', expertise: { Python: 4, Rust: 1 } },
      { name: '2 3', expertise: { Python: 2, Rust: 3 } },
      { name: '4 3', expertise: { Python: 4, Rust: 3 } },
    ])

    expect(await find({ skills: 'python:4,rust', min_level: '3' })).toEqual(['4 3'])
    expect(await find({ skills: 'python:1,rust', min_level: '3' })).toEqual(['2 3', '4 3'])
    expect(await find({ skills: 'python,rust', min_level: '3' })).toEqual(['4 3'])
  })

  it('are known by other names and mistyped, and stand beside free text', async () => {
    await using hub = await startHub(unlimited)
    const find = await among(hub, [
      { name: 'Ada', expertise: { Kubernetes: 4 }, fields: { description: 'From Porto' } },
      { name: 'Bob', expertise: { Kubernetes: 2 }, fields: { description: 'From Porto' } },
      { name: 'Cyd', expertise: { Kubernetes: 5 }, fields: { description: 'From Lisbon' } },
    ])

    expect(await find({ skills: 'k8s:4' })).toEqual(['Ada', 'Cyd'])
    expect(await find({ skills: 'kuberntes:4' })).toEqual(['Ada', 'Cyd'])
    expect(await find({ skills: 'kubernetes', q: 'porto' })).toEqual(['Ada', 'Bob'])
    expect(await find({ skills: 'kubernetes:3', q: 'porto' })).toEqual(['Ada'])
    expect(await find({ skills: 'kubernetes', q: '-porto' })).toEqual(['Cyd'])
  })
})

describe('a filter', () => {
  it('by language has its regions, too, and not the other way round', async () => {
    await using hub = await startHub(unlimited)
    const find = await among(hub, [
      { name: 'pt', expertise: { Chess: 1 }, fields: { languages: ['en', 'pt'] } },
      { name: 'pt-BR', expertise: { Chess: 1 }, fields: { languages: ['pt-BR'] } },
      { name: 'zh', expertise: { Chess: 1 }, fields: { languages: ['zh-Hant-TW'] } },
      { name: 'none', expertise: { Chess: 1 }, fields: { description: 'I speak pt' } },
    ])
    const speak = (language: string) => find({ q: 'chess', language })

    expect(await speak('pt')).toEqual(['pt', 'pt-BR'])
    expect(await speak('pt-BR')).toEqual(['pt-BR'])
    expect(await speak('PT-br')).toEqual(['pt-BR'])
    expect(await speak('pt-PT')).toEqual([])
    expect(await speak('zh-Hant')).toEqual(['zh'])
    expect(await speak('en')).toEqual(['pt'])
  })

  it('by model has those who run it, whatever its case, and no part of its name', async () => {
    await using hub = await startHub(unlimited)
    const runs = (...models: unknown[]) => ({ compute: { models } })
    const find = await among(hub, [
      { name: 'llama', expertise: { Chess: 1 }, fields: runs('Llama-3 70B', 5) },
      { name: 'both', expertise: { Chess: 1 }, fields: runs('mistral', 'llama-3 70b') },
      { name: 'quote', expertise: { Chess: 1 }, fields: runs("o'model\\x") },
      { name: 'none', expertise: { Chess: 1, 'Llama-3 70B': 5 } },
    ])
    const run = (model: string) => find({ skills: 'chess', model })

    expect(await run('llama-3 70b')).toEqual(['both', 'llama'])
    expect(await run('MISTRAL')).toEqual(['both'])
    expect(await run('llama')).toEqual([])
    expect(await run("o'model\\x")).toEqual(['quote'])
  })

  it('by time has who has written since', async () => {
    await using hub = await startHub(unlimited)
    await publish(hub, { name: 'early', expertise: { Chess: 1 } })
    hub.clock.advance({ minutes: 10 })
    const since = hub.clock.now() - 5 * 60_000
    await publish(hub, { name: 'late', expertise: { Chess: 1 } })
    const { accessToken: token } = await hub.signIn()
    const find = (updated_since: string) => findNames(hub, token, { q: 'chess', updated_since })

    expect(await find(new Date(since).toISOString())).toEqual(['late'])
    expect(await find(new Date(since + 10 * 60_000).toISOString())).toEqual([])
    expect(await find('2020-02-29')).toHaveLength(2)
    expect(await find('2020-02-29T12:00:00+03:00')).toHaveLength(2)
  })

  it('by presence has who is connected, and never who hides that', async () => {
    await using hub = await startHub(unlimited)
    const [here, hiding] = [await hub.connectNode(), await hub.connectNode()]
    const away = await hub.registeredNode()
    const expertise = { Chess: 3 }
    await here.fetch('PUT', '/profile', { name: 'here', expertise })
    await away.fetch('PUT', '/profile', { name: 'away', expertise })
    await hiding.fetch('PUT', '/profile', { name: 'hiding', expertise, presence: 'nobody' })
    const find = (parameters: Record<string, string>) =>
      findNames(hub, away.token, { q: 'chess', ...parameters })

    expect(await find({ online: 'true' })).toEqual(['here'])
    expect((await find({ online: 'false' })).toSorted()).toEqual(['away', 'here', 'hiding'])
    const { body } = await searchFor(hub, away.token, { skills: 'chess' })
    const shown = searchAnswer.parse(body).results.map(({ name, online }) => [name, online])
    expect(Object.fromEntries(shown)).toEqual({ here: true, away: false, hiding: false })

    await here.disconnect()
    await until(async () => (await find({ online: 'true' })).length === 0)
    await hiding.fetch('PUT', '/profile', { name: 'hiding', expertise, presence: 'everyone' })
    expect(await find({ online: 'true' })).toEqual(['hiding'])
  })
})

describe('results', () => {
  it('are sorted as they are asked for', async () => {
    await using hub = await startHub(unlimited)
    const people: Published[] = [
      { name: 'strong', expertise: { Chess: 5 } },
      { name: 'Chess player of old', fields: { description: 'Mostly go' } },
      { name: 'both', expertise: { Chess: 3, Go: 4 } },
      { name: 'weak', expertise: { Chess: 1 } },
    ]
    for (const person of people) {
      await publish(hub, person)
      hub.clock.advance({ minutes: 1 })
    }
    const { accessToken: token } = await hub.signIn()
    const find = (q: string, sort: string) => findNames(hub, token, { q, sort })

    expect(await find('chess', 'level')).toEqual(['strong', 'both', 'weak', 'Chess player of old'])
    expect(await find('chess', 'recent')).toEqual(['weak', 'both', 'Chess player of old', 'strong'])
    expect(await find('chess', 'relevance')).toEqual([
      ...['strong', 'both', 'Chess player of old', 'weak'],
    ])
    expect(await findNames(hub, token, { skills: 'chess,go', sort: 'level' })).toEqual(['both'])
  })

  it('say with explain what their score is made of', async () => {
    await using hub = await startHub(unlimited)
    const node = await hub.provenNode()
    await node.fetch('PUT', '/profile', {
      name: 'Ada of Porto',
      expertise: { 'C++': 4, CPP: 2, Chess: 1 },
    })
    await publish(hub, { name: 'Bob', expertise: { cpp: 5 } })
    const parameters = { skills: 'c plus plus:3', q: 'porto chess' }

    const { body } = await searchFor(hub, node.token, { ...parameters, explain: 'true' })

    const [ada] = searchAnswer.parse(body).results
    const { terms = [], proven = 0, fresh = 0 } = ada?.why ?? {}
    expect(terms).toEqual([
      { term: 'c plus plus', points: 820, skill: 'C++', level: 4 },
      { term: 'porto', points: 700 },
      { term: 'chess', points: 490, skill: 'Chess', level: 1 },
    ])
    expect([proven, fresh]).toEqual([40, 30])
    const mean = terms.reduce((sum, { points }) => sum + points, 0) / terms.length
    expect(ada?.score).toBe((Math.round(mean) + proven + fresh) / 1_000)
    const plain = await searchFor(hub, node.token, parameters)
    expect(plain.body.results[0]).not.toHaveProperty('why')
    expect(plain.body.results[0].score).toBe(ada?.score)
  })

  it('have the order of their scores, all of which add up', async () => {
    await using hub = await startHub(unlimited)
    for (let level = 1; level <= 5; level++) {
      await publish(hub, { name: `chess ${level}`, expertise: { Chess: level } })
      await publish(hub, { name: `${level}`, expertise: { Chessboards: level, Go: 6 - level } })
    }
    const { accessToken: token } = await hub.signIn()

    const { body } = await searchFor(hub, token, { q: 'chess go porto', explain: 'true' })

    const { results } = searchAnswer.parse(body)
    expect(results).toHaveLength(10)
    const scores = results.map(({ score = 0 }) => score)
    expect(scores).toEqual(scores.toSorted((one, other) => other - one))
    for (const { score, why } of results) {
      const { terms = [], proven = 0, fresh = 0 } = why ?? {}
      const sum = terms.reduce((total, { points }) => total + points, 0)
      expect(score).toBe((Math.round(sum / terms.length) + proven + fresh) / 1_000)
    }
  })
})

describe('a search', () => {
  it('is refused with the parameter at fault', async () => {
    await using hub = await startHub(unlimited)
    const { accessToken: token } = await hub.signIn()
    const faults: Record<string, string[]> = {
      skills: ['skills=', 'skills=,', 'skills=a,,b', 'skills=%20', 'skills=%00'],
      online: ['q=a&online=yes', 'q=a&online=', 'q=a&online=1', 'q=a&online=true&online=true'],
      language: ['language=', 'language=x', 'language=e%20n', 'language=%2A', 'language=-'],
      model: ['model=', 'model=%20', `model=${'m'.repeat(101)}`, 'model=a%00'],
      updated_since: [
        'yesterday',
        '',
        '2026-13-01',
        '2026-02-30',
        '2026-01-31T12:00:00',
        '1767225600',
      ],
      sort: ['sort=best', 'sort=', 'sort=level&sort=recent'],
      limit: ['limit=0', 'limit=51', 'limit=-1', 'limit=1.5', 'limit=07', 'limit=', 'limit=1e1'],
      explain: ['explain=maybe', 'explain='],
      min_level: ['skills=a&min_level=6', 'skills=a&min_level=0'],
      cursor: [`cursor=${'a'.repeat(401)}`, 'cursor=%00'],
    }
    const nine = Array.from({ length: 9 }, (_, index) => `s${index}`).join()
    faults.skills?.push(`skills=${nine}`, `skills=${'a'.repeat(301)}`, 'skills=a&skills=b')
    for (const [path, queries] of Object.entries(faults)) {
      for (const some of queries) {
        const query = path === 'updated_since' ? `${path}=${some}` : some
        const answer = await hub.fetch(
          'GET',
          `/discovery/search?${query.startsWith('q=') ? '' : 'q=a&'}${query}`,
          { token },
        )
        expectError(answer, 400, 'invalid_request', query)
        const paths = answer.body.issues.map((issue: { path: string }) => issue.path)
        expect([query, paths]).toEqual([query, [path]])
      }
    }
  })

  it('is refused where it says nothing to look for', async () => {
    await using hub = await startHub(unlimited)
    const { accessToken: token } = await publish(hub, { name: 'n', expertise: { Chess: 1 } })
    const empty: Record<string, string>[] = [
      {},
      { online: 'true' },
      { language: 'en' },
      { model: 'llama', sort: 'recent' },
      { q: '-java', sort: 'recent' },
      { q: '-java -"some words"', language: 'en' },
    ]
    for (const parameters of empty) {
      const answer = await searchFor(hub, token, parameters)
      expectError(answer, 400, 'invalid_request', JSON.stringify(parameters))
      expect(answer.body.issues[0].path).toBe('q')
    }
  })

  it('is answered or refused, however long a language is', async () => {
    await using hub = await startHub(unlimited)
    const { accessToken: token } = await publish(hub, { name: 'n', expertise: { Chess: 1 } })
    const language = `en-x-${Array.from({ length: 300 }, () => 'abcdefgh').join('-')}`

    expect([200, 400]).toContain((await searchFor(hub, token, { q: 'chess', language })).status)
  })

  it('ignores parameters it does not know', async () => {
    await using hub = await startHub(unlimited)
    const { accessToken: token } = await publish(hub, { name: 'n', expertise: { Chess: 1 } })

    const plain = await searchFor(hub, token, { q: 'chess' })
    const more = await searchFor(hub, token, { q: 'chess', offset: '7', Sort: 'best' })

    expect(more).toMatchObject({ status: 200, body: plain.body })
  })
})
