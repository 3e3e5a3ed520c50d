import { describe, expect, it } from '@jest/globals'

import { searchAnswer } from '../../src/discovery/discovery.schema.js'
import { startHub, type TestHub } from '../support/hub.js'
import { addNode, publish } from '../support/people.js'

const unlimited = { env: { RATE_LIMIT_ENABLED: 'false' } }

function search(hub: TestHub, token: string, q: string, more = '') {
  return hub.fetch('GET', `/discovery/search?q=${encodeURIComponent(q)}${more}`, { token })
}

/** The names found, in order. */
async function namesOf(hub: TestHub, token: string, q: string, more = ''): Promise<string[]> {
  const { status, body } = await search(hub, token, q, more)
  expect(status).toBe(200)
  const { results, total } = searchAnswer.parse(body)
  expect(total).toBe(results.length)
  return results.map(({ name }) => name)
}

describe('a search', () => {
  it('finds a skill however it is spelled or cased', async () => {
    await using hub = await startHub(unlimited)
    const { accessToken: token } = await hub.signIn()
    const queries: Record<string, string[]> = {
      Python: ['Python', 'python', 'PYTHON', ' python ', 'Ｐｙｔｈｏｎ', 'pyth'],
      'C++': ['C++', 'c++', 'C＋＋'],
      '.NET': ['.NET', '.net', '.Net', 'net'],
      'C#': ['c#', 'C#'],
      'машинное обучение': ['машинное обучение', 'МАШИННОЕ_ОБУЧЕНИЕ', 'обучение', 'машин'],
      日本語: ['日本語', '日', '日本'],
      'Machine Learning': ['machine_learning', 'machine learning', 'Machine-Learning', 'learning'],
      Straße: ['STRASSE', 'straße'],
      constructor: ['constructor'],
      '100%': ['100%', '100'],
    }
    for (const skill of Object.keys(queries))
      await publish(hub, { name: skill, expertise: { [skill]: 3 } })

    for (const [skill, spellings] of Object.entries(queries)) {
      for (const q of spellings) expect([q, await namesOf(hub, token, q)]).toEqual([q, [skill]])
    }
  })

  it('shows skills as they were typed, even __proto__', async () => {
    await using hub = await startHub()
    const { accessToken: token } = await publish(hub, {
      expertise: { ['__proto__']: 5, PyThOn: 1 },
    })

    const { body } = await search(hub, token, '__PROTO__')

    expect(JSON.stringify(body.results[0].expertise)).toBe('{"__proto__":5,"PyThOn":1}')
  })

  it('tells node, name, description and expertise, and no more', async () => {
    await using hub = await startHub()
    const { accessToken: token, nodeId } = await publish(hub, { name: 'Ada', expertise: { Go: 2 } })

    expect((await search(hub, token, 'go')).body).toEqual({
      results: [
        {
          node_id: nodeId,
          proven: false,
          spki_sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
          name: 'Ada',
          description: null,
          expertise: { Go: 2 },
        },
      ],
      total: 1,
    })
  })

  it('has those with the very skill first, each part by level, always in the same order', async () => {
    await using hub = await startHub(unlimited)
    const { accessToken: token } = await publish(hub, { name: 'java 2', expertise: { Java: 2 } })
    await publish(hub, { name: 'script 5', expertise: { JavaScript: 5 } })
    await publish(hub, { name: 'script 3, fx 4', expertise: { JavaScript: 3, JavaFX: 4 } })
    await publish(hub, { name: 'java 4', expertise: { JAVA: 4 } })
    await publish(hub, { name: 'java 1, script 5', expertise: { java: 1, JavaScript: 5 } })
    await publish(hub, { name: 'none', expertise: { Kotlin: 5 } })

    const names = ['java 4', 'java 2', 'java 1, script 5', 'script 5', 'script 3, fx 4']
    for (let time = 0; time < 3; time++) expect(await namesOf(hub, token, 'java')).toEqual(names)
  })

  it('with fewer than three letters finds the skill itself and what begins with it', async () => {
    await using hub = await startHub()
    const { accessToken: token } = await publish(hub, { name: 'C', expertise: { C: 1 } })
    await publish(hub, { name: 'C++', expertise: { 'C++': 5 } })
    await publish(hub, { name: 'BASIC', expertise: { BASIC: 5 } })

    expect(await namesOf(hub, token, 'c')).toEqual(['C', 'C++'])
    expect(await namesOf(hub, token, 'c+')).toEqual(['C++'])
    expect(await namesOf(hub, token, '+')).toEqual([])
  })

  it('asks the level of the skill that matches, and of no other', async () => {
    await using hub = await startHub()
    const { accessToken: token } = await publish(hub, {
      name: 'py 2',
      expertise: { Python: 2, Go: 5 },
    })
    await publish(hub, { name: 'py 4', expertise: { Python: 4, Go: 1 } })
    await publish(hub, { name: 'mpy 5', expertise: { MicroPython: 5, Python: 1 } })

    expect(await namesOf(hub, token, 'python')).toEqual(['py 4', 'py 2', 'mpy 5'])
    expect(await namesOf(hub, token, 'python', '&min_level=2')).toEqual(['py 4', 'py 2', 'mpy 5'])
    expect(await namesOf(hub, token, 'python', '&min_level=4')).toEqual(['py 4', 'mpy 5'])
    expect(await namesOf(hub, token, 'python', '&min_level=5')).toEqual(['mpy 5'])
  })

  it('finds accounts that have registered a node, the searcher included', async () => {
    await using hub = await startHub()
    const searcher = await publish(hub, { name: 'searcher', expertise: { Rust: 1 } })
    const late = await publish(hub, { name: 'late', expertise: { Rust: 5 }, isRegistered: false })

    expect(await namesOf(hub, searcher.accessToken, 'rust')).toEqual(['searcher'])

    await addNode(hub, late.accountId)
    expect(await namesOf(hub, late.accessToken, 'rust')).toEqual(['late', 'searcher'])
  })

  it('names the node registered last, or the live one that connected last', async () => {
    await using hub = await startHub()
    const first = await hub.registeredNode()
    const second = await hub.registeredNode({ accountId: first.accountId })
    const last = await hub.registeredNode({ accountId: first.accountId })
    await first.fetch('PUT', '/profile', { name: 'Ada', expertise: { Rust: 5 } })
    const shown = async () => (await search(hub, first.token, 'rust')).body.results[0].node_id

    expect(await shown()).toBe(last.id)
    await first.connect()
    expect(await shown()).toBe(first.id)
    await second.connect()
    expect(await shown()).toBe(second.id)
  })

  it('answers 50 results and counts the rest', async () => {
    await using hub = await startHub()
    const { accessToken: token } = await hub.signIn()
    await hub.database.query(`
      INSERT INTO accounts SELECT g, NULL, NULL, now() FROM generate_series(1, 120) g;
      INSERT INTO profiles SELECT g, 'p' || g, NULL, '{}', NULL, now() FROM generate_series(1, 120) g;
      INSERT INTO profile_skills SELECT g, 'erlang', 'Erlang', 1 + g % 5, 1 FROM generate_series(1, 120) g;
      INSERT INTO nodes
      SELECT encode(sha256(g::text::bytea), 'hex'), g, 'dpc-node-' || md5(g::text),
             'dpc-node-' || left(md5(g::text), 16), 'dpc-node-' || md5(g::text), '', '', NULL, NULL, now(), NULL
        FROM generate_series(1, 120) g WHERE g > 10`)

    const { body } = await search(hub, token, 'erlang')

    const { results, total } = searchAnswer.parse(body)
    expect(total).toBe(110)
    expect(results).toHaveLength(50)
    const levels = results.map(({ expertise }) => expertise.Erlang)
    expect(levels).toEqual([...Array(22).fill(5), ...Array(22).fill(4), ...Array(6).fill(3)])
    expect((await search(hub, token, 'erlang')).body).toEqual(body)
  })

  it('takes every character for itself', async () => {
    await using hub = await startHub(unlimited)
    const { accessToken: token } = await publish(hub, {
      name: 'percent',
      expertise: { 'ab%cde': 1 },
    })
    await publish(hub, { name: 'plain', expertise: { uvxyzwst: 1 } })
    await publish(hub, { name: 'backslash', expertise: { 'ab\\cde': 1 } })
    await publish(hub, { name: 'quote', expertise: { "ab'cde": 1 } })

    expect(await namesOf(hub, token, 'b%cde')).toEqual(['percent'])
    expect(await namesOf(hub, token, 'b\\cde')).toEqual(['backslash'])
    expect(await namesOf(hub, token, "b'cde")).toEqual(['quote'])
    const harmless = [
      '%',
      '_',
      '\\',
      '%%%',
      '___',
      'uv___wst',
      'uv%wst',
      'ab%',
      '*',
      '.*',
      '(?:',
      "' OR 1=1 --",
    ]
    const tsquery = ['a & b', '!a', 'a <-> b', ':*', '$.a ? (@ == 1)', '{"a":1}', '$1', '\ufeffzzz']
    for (const q of [...harmless, ...tsquery]) {
      const found = await namesOf(hub, token, q)
      expect([q, found]).toEqual([q, q === 'ab%' ? ['percent'] : []])
    }
  })

  it('is refused with the parameter at fault', async () => {
    await using hub = await startHub(unlimited)
    const { accessToken: token } = await hub.signIn()
    const faults: [path: string, query: string, why: string][] = [
      ['q', '', 'missing'],
      ['q', 'q=', 'empty'],
      ['q', 'q=%20%20', 'blank'],
      ['q', 'q=%E2%80%8D', 'nothing visible'],
      ['q', `q=${'a'.repeat(101)}`, 'too long'],
      ['q', `q=${encodeURIComponent('😀'.repeat(101))}`, 'too long in code points'],
      ['q', 'q=%00', 'NUL'],
      ['q', 'q=a%00b', 'NUL inside'],
      ['q', 'q=python&q=rust', 'given twice'],
      ['min_level', 'q=a&min_level=0', 'too low'],
      ['min_level', 'q=a&min_level=6', 'too high'],
      ['min_level', 'q=a&min_level=-1', 'negative'],
      ['min_level', 'q=a&min_level=2.5', 'no integer'],
      ['min_level', 'q=a&min_level=x', 'no number'],
      ['min_level', 'q=a&min_level=', 'empty'],
      ['min_level', 'q=a&min_level=1e0', 'not as people write it'],
      ['min_level', 'q=a&min_level=99999999999999999999', 'huge'],
      ['min_level', 'q=a&min_level=1&min_level=2', 'given twice'],
    ]
    for (const [path, query, why] of faults) {
      const { status, body } = await hub.fetch('GET', `/discovery/search?${query}`, { token })
      expect([why, status, body.error_code]).toEqual([why, 400, 'invalid_request'])
      expect(body.issues.map((issue: { path: string }) => issue.path)).toContain(path)
    }
    expect(await namesOf(hub, token, '😀'.repeat(100))).toEqual([])
    for (const odd of ['q=%ff', 'q=%c0%80', 'q=%ed%a0%80', 'q=%', 'q[]=a', 'q[a]=b']) {
      const { status } = await hub.fetch('GET', `/discovery/search?${odd}`, { token })
      expect([odd, [200, 400].includes(status)]).toEqual([odd, true])
    }
  })

  it('needs a token, and is asked 30 times a minute by one account', async () => {
    await using hub = await startHub()
    const { accessToken: token } = await hub.signIn()

    expect(await hub.fetch('GET', '/discovery/search?q=a')).toMatchObject({ status: 401 })
    const statuses: number[] = []
    for (let count = 0; count < 30; count++) statuses.push((await search(hub, token, 'a')).status)
    expect(statuses).toEqual(statuses.map(() => 200))
    const refused = await search(hub, token, 'a')
    expect(refused).toMatchObject({ status: 429, body: { error_code: 'rate_limited' } })
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
  })
})
