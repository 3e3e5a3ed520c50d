import { describe, expect, it } from '@jest/globals'

import { startHub, type TestHub } from '../support/hub.js'
import { findNames, publish, type Published, searchFor } from '../support/people.js'
import { until } from '../support/until.js'

const unlimited = { env: { RATE_LIMIT_ENABLED: 'false' } }

/** Publishes them in this order, and resolves to what finds the names of some. */
async function among(hub: TestHub, people: readonly Published[]) {
  for (const person of people) await publish(hub, person)
  const { accessToken: token } = await hub.signIn()
  return (q: string) => findNames(hub, token, { q })
}

function described(name: string, description: string): Published {
  return { name, fields: { description } }
}

function skilled(...skills: string[]): Published {
  return { name: skills.join(), expertise: Object.fromEntries(skills.map((skill) => [skill, 3])) }
}

describe('a search for words', () => {
  it('finds them in names, descriptions and skills: a skill at its level, then where they stand', async () => {
    await using hub = await startHub(unlimited)
    const find = await among(hub, [
      described('describes', 'Once I sold mercury in Lisbon'),
      { name: 'part of a skill', expertise: { 'Mercury mining': 5 } },
      { name: 'beginner', expertise: { Mercury: 1 } },
      { name: 'Freddie Mercury' },
      { name: 'expert', expertise: { MERCURY: 5 } },
      { name: 'stranger', expertise: { Venus: 5 } },
    ])

    expect(await find('mercury')).toEqual([
      ...['expert', 'Freddie Mercury', 'beginner', 'part of a skill', 'describes'],
    ])
    expect(await find('lisbon')).toEqual(['describes'])
    expect(await find('freddie')).toEqual(['Freddie Mercury'])
    expect(await find('mining')).toEqual(['part of a skill'])
    expect(await find('jupiter')).toEqual([])
  })

  it.each([
    ['Python', 'pyton'],
    ['Python', 'pythonn'],
    ['Python', 'pithon'],
    ['Python', 'pyhton'],
    ['Kubernetes', 'kuberntes'],
    ['Machine Learning', 'machine lerning'],
    ['Photography', 'fotography'],
    ['пчеловодство', 'пчиловодство'],
  ])('finds %s where somebody types %s', async (skill, typed) => {
    await using hub = await startHub()
    const find = await among(hub, [skilled(skill), skilled('Bookbinding')])

    expect(await find(typed)).toEqual([skill])
  })

  it('takes no skill for a slip that five list, nor a word of three letters', async () => {
    await using hub = await startHub(unlimited)
    const five = Array.from({ length: 5 }, () => skilled('Carding'))
    const find = await among(hub, [...five, skilled('Cording'), skilled('PHQ')])
    const { accessToken: token } = await hub.signIn()

    await until(async () => {
      const { body } = await hub.fetch('GET', '/discovery/skills?prefix=carding', { token })
      return body.skills.length > 0
    })

    expect(await find('carding')).toEqual(five.map(({ name }) => name))
    expect(await find('cording')).toContain('Cording')
    expect(await find('php')).toEqual([])
  })

  it.each([
    ['accents', 'Crème brûlée', ['creme brulee', 'CRÈME BRÛLÉE', 'Crème brulee']],
    ['accents', 'Lodz studies', ['Łódź studies', 'lodz studies']],
    ['plural', 'Databases', ['database', 'Databases', 'DATABASES']],
    ['plural', 'Library design', ['libraries design', 'library designs']],
    ['separators', 'Embedded Linux', ['embedded-linux', 'embedded_linux', 'EmbeddedLinux']],
    ['separators', 'Three.js', ['three js', 'three.js', 'Three-JS', 'ThreeJS']],
    ['separators', 'scikit-image', ['scikit image', 'scikitimage']],
    ['scripts', '機械設計', ['機械設計', '設計', '機械']],
    ['scripts', 'Машинное зрение', ['МАШИННОЕ ЗРЕНИЕ', 'машинное-зрение', 'зрение']],
  ])('does not mind %s: %s', async (_what, skill, spellings) => {
    await using hub = await startHub(unlimited)
    const find = await among(hub, [skilled(skill), skilled('Bookbinding')])

    for (const typed of spellings) expect([typed, await find(typed)]).toEqual([typed, [skill]])
  })

  it('minds the signs that make another skill', async () => {
    await using hub = await startHub(unlimited)
    const skills = ['C', 'C++', 'C#', '.NET', 'net', 'F#', 'R']
    const find = await among(
      hub,
      skills.map((skill) => skilled(skill)),
    )

    for (const skill of skills) {
      expect([skill, await find(skill)]).toEqual([skill, [skill]])
      expect([skill, await find(skill.toLowerCase())]).toEqual([skill, [skill]])
    }
  })

  it('knows the other names of a skill, those of the operator, too', async () => {
    const SKILL_ALIASES = 'd-pc = dezentraler Messenger; k8s = Kahetchen'
    await using hub = await startHub({ env: { RATE_LIMIT_ENABLED: 'false', SKILL_ALIASES } })
    const skills = ['JavaScript', 'Kubernetes', 'Dezentraler Messenger', 'Postgres']
    const find = await among(
      hub,
      skills.map((skill) => skilled(skill)),
    )

    expect(await find('js')).toEqual(['JavaScript'])
    expect(await find('k8s')).toEqual(['Kubernetes'])
    expect(await find('kahetchen')).toEqual([])
    expect(await find('PostgreSQL')).toEqual(['Postgres'])
    expect(await find('D-PC')).toEqual(['Dezentraler Messenger'])
  })

  it('knows nothing of an operator’s names at a hub that has none', async () => {
    await using hub = await startHub()
    const find = await among(hub, [skilled('Dezentraler Messenger')])

    expect(await find('D-PC')).toEqual([])
  })

  it('finds what stands in quotes only where it stands together', async () => {
    await using hub = await startHub(unlimited)
    const find = await among(hub, [
      described('together', 'I bake sourdough bread every day'),
      described('apart', 'Bread of the old kind: sourdough'),
      { name: 'as a skill', expertise: { 'Sourdough bread': 2 } },
      { name: 'over two skills', expertise: { Sourdough: 2, Bread: 2 } },
    ])

    expect(await find('"sourdough bread"')).toEqual(['as a skill', 'together'])
    expect(await find('„sourdough bread“')).toEqual(['as a skill', 'together'])
    expect(await find('bread')).toHaveLength(4)
    expect(await find('"bread sourdough"')).toEqual([])
  })

  it('leaves out whom a minus sign excludes, and nobody who is merely near', async () => {
    await using hub = await startHub(unlimited)
    const find = await among(hub, [
      { ...described('java', 'A weaver'), expertise: { Java: 3 } },
      { ...described('script', 'A weaver'), expertise: { JavaScript: 3 } },
      { ...described('sheep', 'A weaver of sheep wool') },
      described('silk', 'A weaver of silk, of sheep and of wool'),
    ])
    const sorted = async (q: string) => (await find(q)).toSorted()

    expect(await sorted('weaver -java')).toEqual(['script', 'sheep', 'silk'])
    expect(await sorted('weaver -js')).toEqual(['java', 'sheep', 'silk'])
    expect(await sorted('-js, weaver')).toEqual(['java', 'sheep', 'silk'])
    expect(await sorted('weaver -jav -javascripd')).toEqual(['java', 'script', 'sheep', 'silk'])
    expect(await sorted('weaver -"sheep wool"')).toEqual(['java', 'script', 'silk'])
    expect(await sorted('weaver -wool -jav')).toEqual(['java', 'script'])
  })

  it('hears what a sentence asks for, and not the words around it', async () => {
    await using hub = await startHub(unlimited)
    const find = await among(hub, [
      described('chatter', 'Who can help me? I am looking for somebody with whom to live'),
      described('neighbour', 'Lives in Porto'),
      { ...described('gardener', 'Lives in Porto'), expertise: { Gardening: 4 } },
      { name: 'elsewhere', expertise: { Gardening: 2 } },
    ])

    const found = await find('Who can help me with gardening in Porto?')

    expect(found[0]).toBe('gardener')
    expect(found.toSorted()).toEqual(['elsewhere', 'gardener', 'neighbour'])
    expect(await find('who')).toEqual(['chatter'])
  })

  it('puts those who lack one of the words after those who have all, while few have all', async () => {
    await using hub = await startHub(unlimited)
    const find = await among(hub, [
      { ...described('one', 'From Porto'), expertise: { Weaving: 1 } },
      { name: 'none', expertise: { Chess: 5 } },
      { ...described('all', 'From Porto, I spin'), expertise: { Weaving: 2 } },
      described('two', 'From Porto, I spin'),
    ])

    const found = await find('weaving porto spin')

    expect(found[0]).toBe('all')
    expect(found.toSorted()).toEqual(['all', 'one', 'two'])
  })

  it('shows only those who have all the words when ten have', async () => {
    await using hub = await startHub(unlimited)
    const all = { ...described('all', 'From Porto'), expertise: { Weaving: 1 } }
    const lacking = { name: 'lacking', expertise: { Weaving: 5 } }
    const find = await among(hub, [lacking, ...Array.from({ length: 9 }, () => all)])
    expect(await find('weaving porto')).toContain('lacking')

    await publish(hub, all)

    expect(await find('weaving porto')).toEqual(Array.from({ length: 10 }, () => 'all'))
  })

  it('is answered whatever is typed, in the same form', async () => {
    await using hub = await startHub(unlimited)
    const { accessToken: token } = await publish(hub, { name: 'n', expertise: { Chess: 1 } })
    const typed: Record<string, string>[] = [
      ...[
        '%',
        '""',
        '++',
        '😀',
        '. . .',
        'a:*',
        "a' | 'b",
        '\\',
        '!a',
        '<->',
        '\ufdf2'.repeat(100),
      ],
      ...['"-a"', '日本'.repeat(50), 'a b c d '.repeat(4), '__proto__', 'constructor toString'],
    ].map((q) => ({ q, sort: 'relevance', explain: 'true' }))
    const skills = ['++', '__proto__', "'", '\\', 'a:b:3', '1:1:1', '"a"', '-a', 'a,a,a:2']
    typed.push(...skills.map((asked) => ({ skills: asked, explain: 'true' })))
    const since = ['0000-01-01', '9999-12-31T23:59:59-14:00', '0000-01-01T00:00:00+14:00']
    typed.push(...since.map((updated_since) => ({ q: 'beekeeping', updated_since })))

    for (const parameters of typed) {
      const { status, body } = await searchFor(hub, token, parameters)
      expect([parameters, status, body]).toEqual([
        parameters,
        200,
        { results: [], total: 0, total_is_lower_bound: false, next_cursor: null },
      ])
    }
  })
})

describe('a search with q and min_level alone', () => {
  const FIELDS = ['node_id', 'proven', 'spki_sha256', 'name', 'description', 'expertise']

  it('answers what classic clients know, and nothing else, also when it has guessed', async () => {
    await using hub = await startHub()
    const { accessToken: token } = await publish(hub, {
      name: 'Ada',
      expertise: { Python: 4 },
      fields: { languages: ['en'], availability: 'evenings' },
    })

    for (const q of ['python', 'pyton', 'ada']) {
      const { body } = await searchFor(hub, token, { q, min_level: '1' })
      expect(Object.keys(body)).toEqual(['results', 'total'])
      expect(body.total).toBe(1)
      expect(Object.keys(body.results[0])).toEqual(FIELDS)
    }
  })

  it('guesses only where nobody has the skill or one that contains it', async () => {
    await using hub = await startHub()
    const { accessToken: token } = await publish(hub, { name: 'py', expertise: { Python: 4 } })
    const named = async (q: string): Promise<string[]> => {
      const { body } = await searchFor(hub, token, { q })
      return body.results.map(({ name }: { name: string }) => name)
    }
    expect(await named('pyton')).toEqual(['py'])

    await publish(hub, { name: 'pyton', expertise: { 'Pyton keeping': 1 } })

    expect(await named('pyton')).toEqual(['pyton'])
  })

  it('asks for the level, guessed or not', async () => {
    await using hub = await startHub()
    const { accessToken: token } = await publish(hub, { name: 'py', expertise: { Python: 3 } })
    const totalOf = async (q: string, level: string): Promise<number> =>
      (await searchFor(hub, token, { q, min_level: level })).body.total

    expect([await totalOf('pyton', '3'), await totalOf('pyton', '4')]).toEqual([1, 0])
    expect([await totalOf('python', '3'), await totalOf('python', '4')]).toEqual([1, 0])
  })
})
