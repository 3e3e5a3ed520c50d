import type { Search } from './baselines.js'
import { DEPTH, mean, ndcg, reciprocalRank } from './metrics.js'
import type { Person } from './people.js'
import { type Kind, KINDS, type Query } from './query.js'
import { type Grade, gradeOf } from './relevance.js'

export interface Judgement {
  readonly query: Query
  readonly ndcg: number
  readonly reciprocalRank: number
  /** Grades of the results, in order. */
  readonly found: readonly number[]
  /** Whose they are, by index. */
  readonly results: readonly number[]
  /** Somebody of the best grade who was not found, by index; null if nobody was left out who is better. */
  readonly missed: number | null
}

export interface Figures {
  readonly queries: number
  readonly ndcg: number
  readonly mrr: number
}

/** A query with the grade of everybody, by index. */
export interface GradedQuery {
  readonly query: Query
  readonly grades: readonly Grade[]
}

export function gradeAll(people: readonly Person[], queries: readonly Query[]): GradedQuery[] {
  return queries.map((query) => ({
    query,
    grades: people.map((person) => gradeOf(person, query.need)),
  }))
}

/** One search over the whole set, one query after the other. */
export async function judge(search: Search, graded: readonly GradedQuery[]): Promise<Judgement[]> {
  const judgements: Judgement[] = []
  for (const { query, grades } of graded) {
    // Whoever is named twice is worth nothing the second time.
    const seen = new Set<number>()
    const results = await search(query.send)
    const found = results.map((index) => {
      const grade = seen.has(index) ? 0 : (grades[index] ?? 0)
      seen.add(index)
      return grade
    })
    judgements.push({
      query,
      ndcg: ndcg(found, grades),
      reciprocalRank: reciprocalRank(found),
      found,
      results,
      missed: bestMissed(grades, results),
    })
  }
  return judgements
}

/** Over all queries, or over those of one kind; each query counts the same. */
export function figuresOf(judgements: readonly Judgement[], kind?: Kind): Figures {
  const these = judgements.filter(({ query }) => kind === undefined || query.kind === kind)
  return {
    queries: these.length,
    ndcg: mean(these.map((each) => each.ndcg)),
    mrr: mean(these.map((each) => each.reciprocalRank)),
  }
}

/** A table in Markdown: a row for each kind, two columns for each search. */
export function tableOf(searches: Readonly<Record<string, readonly Judgement[]>>): string {
  const names = Object.keys(searches)
  const head = ['kind', 'queries', ...names.flatMap((name) => [`${name} nDCG@10`, `${name} MRR`])]
  const rows = [...KINDS, undefined].map((kind) => {
    const figures = Object.values(searches).map((judgements) => figuresOf(judgements, kind))
    return [
      kind ?? '**all**',
      String(figures[0]?.queries ?? 0),
      ...figures.flatMap(({ ndcg, mrr }) => [ndcg.toFixed(3), mrr.toFixed(3)]),
    ]
  })
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

/** The queries that went worst, with whom they missed, for whoever wants to make a search better. */
export function worstOf(
  judgements: readonly Judgement[],
  people: readonly Person[],
  count: number,
): string {
  const tell = (what: string, index: number | null | undefined) => {
    const person = people[index ?? -1]
    if (!person) return []
    const { name, description, expertise } = person.profile
    const age = `${person.daysSinceUpdate} days`
    return [`  - ${what}: ${name}, ${age} | ${description ?? ''} | ${JSON.stringify(expertise)}`]
  }
  return judgements
    .toSorted((one, other) => one.ndcg - other.ndcg)
    .slice(0, count)
    .flatMap(({ query, ndcg, found, results, missed }) => [
      `- ${ndcg.toFixed(3)} ${query.kind}: \`${JSON.stringify(query.send)}\` found [${found.join(' ')}]`,
      ...tell('missed', missed),
      ...tell('found instead', results[found.indexOf(Math.min(...found))]),
    ])
    .join('\n')
}

function bestMissed(grades: readonly Grade[], results: readonly number[]): number | null {
  const best = Math.max(...grades)
  const missed = grades.findIndex((grade, index) => grade === best && !results.includes(index))
  const worst = Math.min(...results.map((index) => grades[index] ?? 0))
  return missed === -1 || (results.length >= DEPTH && worst >= best) ? null : missed
}
