import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'

import {
  lexemeOf,
  levelsOf,
  quoteLexeme,
  type Searchable,
  searchDocumentOf,
} from './search-document.js'
import { normaliseSkill } from './skill.js'

const nobody: Searchable = { name: '', description: null, skills: [], languages: [], compute: {} }

function skillsOf(levels: Record<string, number>): Searchable['skills'] {
  return Object.entries(levels).map(([spelling, level]) => ({
    skill: normaliseSkill(spelling),
    spelling,
    level,
  }))
}

/** The text of a tsvector as Postgres reads it: each lexeme with what stands behind it. */
function parse(text: string): { lexeme: string; place: string }[] {
  const found: { lexeme: string; place: string }[] = []
  const one = /'((?:[^'\\]|''|\\\\)*)'(?::([0-9]+[ABD]))?(?: |$)/uy
  while (one.lastIndex < text.length) {
    const from = one.lastIndex
    const [, quoted = '', place = ''] = one.exec(text) ?? []
    if (one.lastIndex <= from) throw new Error(`no lexeme begins at ${from} of ${text}`)
    found.push({ lexeme: quoted.replace(/''|\\\\/g, (two) => two.charAt(0)), place })
  }
  return found
}

function lexemesOf(profile: Partial<Searchable>): string[] {
  return parse(searchDocumentOf({ ...nobody, ...profile })).map(({ lexeme }) => lexeme)
}

describe('the search document of a profile', () => {
  it('has the words of name, skills and description, each in its weight and its order', () => {
    const skills = skillsOf({ 'Machine Learning': 4, Rust: 2 })
    const document = searchDocumentOf({ ...nobody, name: 'Ada L', skills, description: 'I bake' })

    expect(parse(document)).toEqual([
      { lexeme: 'ada', place: '1A' },
      { lexeme: 'l', place: '2A' },
      { lexeme: 'machine', place: '13B' },
      { lexeme: 'learning', place: '14B' },
      { lexeme: 'rust', place: '25B' },
      { lexeme: 'i', place: '36D' },
      { lexeme: 'bake', place: '37D' },
      { lexeme: '4=machine_learning', place: '' },
      { lexeme: '2=rust', place: '' },
      { lexeme: 'name=ada', place: '' },
      { lexeme: 'name=l', place: '' },
    ])
  })

  it('has the last character of each run of a script without blanks, with which no pair begins', () => {
    const skills = skillsOf({ 機械学習: 3 })

    expect(lexemesOf({ skills, description: '猫と犬 and 鳥' })).toEqual(
      expect.arrayContaining(['学習', '習', '猫と', 'と犬', '犬', '鳥']),
    )
  })

  it.each([
    "'",
    "''",
    '\\',
    "\\'",
    "a' b",
    "x':1A 'python",
    "x\\':1A 'python",
    "x' '5=python",
    '5=python',
    'language=de',
    ' :*',
    '"',
  ])('holds the skill %j as one lexeme and nothing besides', (spelling) => {
    const skills = skillsOf({ [spelling]: 3 })

    const bare = parse(searchDocumentOf({ ...nobody, skills })).filter(({ place }) => place === '')

    expect(bare).toEqual([{ lexeme: `3=${normaliseSkill(spelling)}`, place: '' }])
  })

  it('is what a profile says and no more, whatever is in its skills and models', () => {
    const nasty = fc.string({ unit: fc.constantFrom("'", '\\', ':', ' ', 'a', '1', 'A', '=', '|') })
    const some = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
    fc.assert(
      fc.property(nasty, nasty, some, (first, second, third) => {
        const models = [first, second, third].filter((model) => model !== '')
        const skills = models.map((model) => ({ skill: model, spelling: model, level: 1 }))
        const bare = parse(searchDocumentOf({ ...nobody, skills, compute: { models } }))
          .filter(({ place }) => place === '')
          .map(({ lexeme }) => lexeme)
          // Last characters of runs of some scripts have none.
          .filter((lexeme) => lexeme.includes('='))
        expect(bare).toEqual([
          ...skills.map(({ skill }) => `1=${skill}`),
          ...models.map((model) => `model=${model.toLowerCase()}`),
        ])
      }),
    )
  })

  it('has a language with all that it is one of', () => {
    expect(lexemesOf({ languages: ['pt-BR', 'zh-Hant-TW'] })).toEqual([
      'language=pt',
      'language=pt-br',
      'language=zh',
      'language=zh-hant',
      'language=zh-hant-tw',
    ])
  })

  it('has the models that are names, without case, and at most fifty', () => {
    const models = ['Llama-3 70B', 5, null, '', { name: 'x' }, 'm'.repeat(101)]

    expect(lexemesOf({ compute: { models } })).toEqual(['model=llama-3 70b'])
    const many = Array.from({ length: 60 }, (_, index) => `m${index}`)
    expect(lexemesOf({ compute: { models: many } })).toHaveLength(50)
    for (const other of [{ models: 'llama' }, { models: { a: 1 } }, { gpus: ['llama'] }]) {
      expect(lexemesOf({ compute: other })).toEqual([])
    }
  })

  it('has no position beyond what a tsvector can hold', () => {
    const skills = Array.from({ length: 2_000 }, (_, index) => ({
      skill: `s${index}`,
      spelling: `s${index}`,
      level: 1,
    }))

    const places = parse(searchDocumentOf({ ...nobody, skills }))
      .filter(({ place }) => place !== '')
      .map(({ place }) => Number.parseInt(place, 10))

    expect(Math.max(...places)).toBeLessThan(16_384)
    expect(places).toHaveLength(2_000)
  })
})

describe('the levels of a profile', () => {
  it('are by normalised skill, __proto__ too', () => {
    const skills = skillsOf({ Rust: 2, 'Machine Learning': 5, ['__proto__']: 1 })

    expect(levelsOf(skills)).toBe('{"rust":2,"machine_learning":5,"__proto__":1}')
  })
})

describe('a lexeme', () => {
  it('is quoted with quotes and backslashes doubled', () => {
    expect(quoteLexeme("o'c\\aml")).toBe("'o''c\\\\aml'")
  })

  it('that is no word is none that a word can be', () => {
    expect(lexemeOf.skill('python', 3)).toBe('3=python')
    expect(lexemeOf.language('pt-BR')).toBe('language=pt-br')
    expect(lexemeOf.model('GPT-4')).toBe('model=gpt-4')
  })
})
