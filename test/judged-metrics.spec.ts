import { describe, expect, it } from '@jest/globals'

import { figuresOf, gradeAll, judge } from './judged/judge.js'
import { mean, ndcg, reciprocalRank } from './judged/metrics.js'
import { makePeople, type Person } from './judged/people.js'
import { QUERIES } from './judged/queries.js'
import { KINDS, type SearchParameters } from './judged/query.js'
import { gradeOf, isWithin, type Need } from './judged/relevance.js'
import { keyOf } from './judged/spelling.js'

describe('nDCG@10', () => {
  it('is 1 for the best order, and for any order of equals', () => {
    expect(ndcg([3, 2, 1], [1, 2, 3, 0, 0])).toBe(1)
    expect(ndcg([2, 2], [2, 2])).toBe(1)
  })

  it('is what one gets by hand', () => {
    // Found: 3/log2(2) + 0 + 7/log2(4) = 3 + 3.5. Ideal: 7/log2(2) + 3/log2(3) = 7 + 1.8928.
    expect(ndcg([2, 0, 3], [3, 2, 0, 0])).toBeCloseTo(6.5 / 8.8928, 4)
    // 1/log2(11) of 1.
    expect(ndcg([0, 0, 0, 0, 0, 0, 0, 0, 0, 1], [1])).toBeCloseTo(0.28906, 5)
  })

  it('does not look past the tenth, neither in what was found nor in what could be', () => {
    const ten = Array<number>(10).fill(0)
    expect(ndcg([...ten, 3], [3])).toBe(0)
    expect(ndcg(Array<number>(10).fill(3), Array<number>(500).fill(3))).toBe(1)
  })

  it('is 0 for nothing found, and no number where nothing could be', () => {
    expect(ndcg([], [3])).toBe(0)
    expect(() => ndcg([], [0, 0])).toThrow('measures nothing')
  })
})

describe('the reciprocal rank', () => {
  it('is that of the first result of grade 2 or 3', () => {
    expect([[3], [1, 2], [0, 1, 0, 3], [1, 1]].map(reciprocalRank)).toEqual([1, 1 / 2, 1 / 4, 0])
    expect(reciprocalRank([...Array<number>(10).fill(1), 3])).toBe(0)
    expect(mean([1, 0.5, 0])).toBe(0.5)
  })
})

describe('the grade of a person', () => {
  const ada = {
    ...makePeople(1)[0]!,
    levels: new Map([
      ['python', 5],
      ['rust', 2],
      ['perl', 1],
    ]),
    mentioned: new Set(['java']),
    city: 'Berlin',
    topic: null,
    given: 'Ada',
    family: 'Lovelace',
    languages: ['de-AT'],
    models: ['phi4:14b'],
  } satisfies Person
  const grades: [grade: number, need: Need][] = [
    [3, { skills: ['python'] }],
    [2, { skills: ['rust'] }],
    [1, { skills: ['java'] }],
    [1, { skills: ['perl'] }],
    [0, { skills: ['scala'] }],
    [3, { skills: [['scala', 'python']] }],
    [2, { skills: ['python', 'rust'] }],
    [1, { skills: ['python', 'java'] }],
    [1, { skills: ['python', 'scala'] }],
    [0, { skills: ['python', 'scala', 'c'] }],
    [3, { skills: ['python'], city: 'Berlin' }],
    [1, { skills: ['python'], city: 'Paris' }],
    [0, { skills: ['scala'], city: 'Berlin' }],
    [0, { skills: ['python'], without: ['java'] }],
    [0, { skills: ['rust'], levels: { rust: 3 } }],
    [0, { skills: ['java'], levels: { java: 1 } }],
    [3, { skills: ['python'], language: 'de', model: 'phi4:14b' }],
    [0, { skills: ['python'], language: 'fr' }],
    [0, { skills: ['python'], model: 'phi4' }],
    [3, { given: 'Ada', family: 'Lovelace' }],
    [1, { given: 'Ada', family: 'Byron' }],
    [0, { topic: 'bats' }],
  ]

  it.each(grades)('is %i for whoever needs %j', (grade, need) => {
    expect(gradeOf(ada, need)).toBe(grade)
  })

  it('takes a range of languages for all in it', () => {
    expect(isWithin('pt-BR', 'pt')).toBe(true)
    expect(isWithin('pt-br', 'pt-BR')).toBe(true)
    expect(isWithin('pt', 'pt-BR')).toBe(false)
    expect(isWithin('den', 'de')).toBe(false)
  })
})

describe('the judged set', () => {
  const people = makePeople()
  const graded = gradeAll(people, QUERIES)

  it('is the same at every run', () => {
    // As text: comparing five thousand objects takes seconds.
    expect(JSON.stringify(makePeople()) === JSON.stringify(people)).toBe(true)
    expect(people.length).toBeGreaterThanOrEqual(5_000)
  })

  it('has only profiles that PUT /profile takes, with a key for each skill', () => {
    const faults = people.filter(({ levels, profile }) => {
      const skills = Object.keys(profile.expertise)
      const isGood =
        /^.{1,100}$/u.test(profile.name) &&
        (profile.description ?? '').length <= 500 &&
        skills.every((skill) => skill.length <= 50) &&
        new Set(skills.map(keyOf)).size === skills.length &&
        skills.length >= levels.size
      return !isGood
    })
    expect(faults).toEqual([])
  })

  it('has at least 160 queries, ten of each kind, and somebody who answers each', () => {
    const counts = KINDS.map((kind) => QUERIES.filter((query) => query.kind === kind).length)
    expect(QUERIES.length).toBeGreaterThanOrEqual(160)
    expect(Math.min(...counts)).toBeGreaterThanOrEqual(10)
    const unanswered = graded.filter(({ grades }) => !grades.some((grade) => grade >= 2))
    expect(unanswered.map(({ query }) => query.send)).toEqual([])
    expect(QUERIES.filter(({ send }) => (send.q ?? '').length > 100)).toEqual([])
  })

  it('gives full marks to who knows all the answers, and none to who has none', async () => {
    const answers = new Map(graded.map(({ query, grades }) => [query.send, bestOf(grades)]))
    const oracle = (send: SearchParameters) => Promise.resolve(answers.get(send) ?? [])

    const perfect = figuresOf(await judge(oracle, graded))
    const nothing = figuresOf(await judge(() => Promise.resolve([]), graded))

    expect(perfect).toEqual({ queries: QUERIES.length, ndcg: 1, mrr: 1 })
    expect(nothing).toEqual({ queries: QUERIES.length, ndcg: 0, mrr: 0 })
  })

  it('pays for nobody twice', async () => {
    const [first] = graded.slice(0, 1)
    const best = bestOf(first!.grades)[0]!

    const [judgement] = await judge(() => Promise.resolve([best, best]), [first!])

    expect(judgement?.found).toEqual([3, 0])
  })
})

/** The ten best people of a query, by index. */
function bestOf(grades: readonly number[]): number[] {
  const indexes = grades.map((_, index) => index)
  return indexes.sort((one, other) => (grades[other] ?? 0) - (grades[one] ?? 0)).slice(0, 10)
}
