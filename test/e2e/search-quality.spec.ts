import { beforeAll, describe, expect, it } from '@jest/globals'

import { exactKey, prepareBaselines, type Search, tsRank } from '../judged/baselines.js'
import { figuresOf, gradeAll, judge, type Judgement, tableOf, worstOf } from '../judged/judge.js'
import { loadPeople } from '../judged/load-people.js'
import { DEPTH } from '../judged/metrics.js'
import { makePeople } from '../judged/people.js'
import { QUERIES } from '../judged/queries.js'
import { type Kind, KINDS } from '../judged/query.js'
import { startHub, type TestHub } from '../support/hub.js'

/** By how much the hub must be better than each baseline, in nDCG@10 and in MRR. */
const MARGIN = 0.15

/** The least nDCG@10 of each kind: some way below what was measured, so that one query less is noticed. */
const FLOORS: Readonly<Record<Kind, number>> = {
  'single skill': 0.95,
  typo: 0.9,
  alias: 0.9,
  'separator, case, accent, plural': 0.95,
  symbol: 0.92,
  'other script': 0.88,
  'skills with levels': 0.94,
  'skill + skill': 0.85,
  'skill + city': 0.85,
  sentence: 0.8,
  phrase: 0.9,
  exclusion: 0.94,
  name: 0.88,
  'language and model': 0.92,
  description: 0.88,
}

const LOADING_MS = 300_000

/**
 * How well the hub finds people, beside what it would take no effort to build. `JUDGED_TABLE=1` prints the
 * figures of each kind and the queries that went worst.
 */
describe('search quality, over people and queries that were judged by facts', () => {
  const judged: Record<string, readonly Judgement[]> = {}
  const refused: string[] = []

  beforeAll(async () => {
    const people = makePeople()
    const graded = gradeAll(people, QUERIES)
    await using hub = await startHub({ env: { RATE_LIMIT_ENABLED: 'false', LOG_LEVEL: 'error' } })
    const indexes = await loadPeople(hub, people)
    await prepareBaselines(hub.database, people)
    judged['exact key'] = await judge(exactKey(hub.database), graded)
    judged.ts_rank = await judge(tsRank(hub.database), graded)
    judged.hub = await judge(await searchOf(hub, indexes, refused), graded)
    if (process.env.JUDGED_TABLE)
      process.stdout.write(`${tableOf(judged)}\n\n${worstOf(judged.hub, people, 40)}\n`)
  }, LOADING_MS)

  it('answers every query', () => {
    expect(refused).toEqual([])
  })

  it.each(['exact key', 'ts_rank'])('is better than %s by a clear margin', (baseline) => {
    const [own, other] = [figuresOf(judged.hub ?? []), figuresOf(judged[baseline] ?? [])]

    expect(own.ndcg - other.ndcg).toBeGreaterThanOrEqual(MARGIN)
    expect(own.mrr - other.mrr).toBeGreaterThanOrEqual(MARGIN)
  })

  it.each(KINDS)('%s: nDCG@10 is not below its floor', (kind) => {
    expect(figuresOf(judged.hub ?? [], kind).ndcg).toBeGreaterThanOrEqual(FLOORS[kind])
  })
})

/**
 * The hub's own, as a client asks. `sort` makes it the modern form of the route, which knows free text.
 * What the hub refuses finds nobody, and is told in `refused`.
 */
async function searchOf(
  hub: TestHub,
  indexes: ReadonlyMap<string, number>,
  refused: string[],
): Promise<Search> {
  const { accessToken: token } = await hub.signIn()
  return async (parameters) => {
    const query = new URLSearchParams({ sort: 'relevance', limit: String(DEPTH) })
    for (const [name, value] of Object.entries(parameters)) query.set(name, String(value))
    const path = `/discovery/search?${query.toString()}`
    const { status, body } = await hub.fetch('GET', path, { token })
    if (status !== 200) {
      refused.push(`${path}: ${status} ${JSON.stringify(body)}`)
      return []
    }
    return body.results.slice(0, DEPTH).map((result: { node_id: string }) => {
      const index = indexes.get(result.node_id)
      if (index === undefined) throw new Error(`${path}: a stranger was found`)
      return index
    })
  }
}
