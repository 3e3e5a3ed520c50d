import { Injectable } from '@nestjs/common'

import type { Queries } from '../database/database.js'
import { freshnessAt, points } from './points.js'
import {
  type Match,
  type Matches,
  MAX_COUNTED,
  MAX_REACHED,
  type Position,
  type SearchRequest,
  type Sort,
} from './search-request.js'
import {
  conditionOf,
  type Criteria,
  levelOf,
  type LeveledTerm,
  Parameters,
  pointsOf,
} from './search-statement.js'
import { SkillList } from './skill-list.js'

/** So many are all ranked; each is a look into its profile. */
const MAX_RANKED = 1_000
/** Where so many come first by their skill, the others are not looked at. */
const ENOUGH_WALKED = 100
/** Else so many are ranked, whoever they are: from a disk, each takes a tenth of a millisecond or more. */
const MAX_RANKED_AT_LAST = 3_000
/** Entries of an index that are walked along for the best of very many. */
const MAX_WALKED = 10_000
/** Skills whose indexes are walked along for one search. */
const MAX_DRIVERS = 3
/** With fewer than that, profiles that lack one of the words are shown, too. */
const ENOUGH = 10

interface MatchRow {
  readonly account_id: number
  readonly rank: number
  readonly updated_at: Date
  readonly is_proven: boolean
  readonly freshness: number
  readonly parts: readonly number[]
}

/**
 * Searches the hub's profiles. Up to a thousand that match are all ranked. Of more, those are that come first by
 * the rarest of the skills asked for, or, where no skill is asked for, those that were written last.
 */
@Injectable()
export class ProfileSearch {
  constructor(private readonly skillList: SkillList) {}

  async search(queries: Queries, request: SearchRequest): Promise<Matches> {
    const attempts = request.needed === null ? leniences(request.criteria) : [request.needed]
    let found: Matches | null = null
    for (const needed of attempts) {
      const next = await this.searchFor(queries, request, needed)
      // Those few are the best of the many, and would be lost among them.
      if (found && found.total > 0 && next.isLowerBound) break
      found = next
      if (found.total >= ENOUGH) break
    }
    if (!found) throw new RangeError('a search must look for something')
    return found
  }

  private async searchFor(
    queries: Queries,
    request: SearchRequest,
    needed: number,
  ): Promise<Matches> {
    const alone = soleSkill(request.criteria)
    if (alone) {
      const count = await this.skillList.count(queries, alone)
      if (alone.texts.length === 0 || count > MAX_COUNTED) {
        const best = await this.skillList.best(queries, alone, request)
        return pageOf(best, request, count, needed)
      }
    }
    const count = await this.count(queries, request.criteria, needed)
    return pageOf(await this.best(queries, request, needed, count), request, count, needed)
  }

  /** The best of `count`. */
  private async best(
    queries: Queries,
    request: SearchRequest,
    needed: number,
    count: number,
  ): Promise<Match[]> {
    if (count === 0) return []
    if (count > MAX_RANKED) {
      const walked = await this.walk(queries, request, needed)
      if (walked.length >= ENOUGH_WALKED) return walked
    }
    return this.rank(queries, request, needed)
  }

  /** Up to 10,001. Index: profiles_search_idx. */
  private async count(queries: Queries, criteria: Criteria, needed: number): Promise<number> {
    const parameters = new Parameters()
    const [row] = await queries.rows<{ readonly count: number }>(
      `SELECT count(*) FROM (SELECT FROM profiles p
                              WHERE ${conditionOf(criteria, needed, parameters)}
                              LIMIT ${MAX_COUNTED + 1}) found`,
      parameters.values,
    )
    return row?.count ?? 0
  }

  /** Index: profiles_search_idx. */
  private async rank(queries: Queries, request: SearchRequest, needed: number): Promise<Match[]> {
    const parameters = new Parameters()
    const rows = await queries.rows<MatchRow>(
      `SELECT *, ${rankOf(request)} AS rank
         FROM (SELECT ${matchColumns(request, parameters)}
                 FROM profiles p
                WHERE ${conditionOf(request.criteria, needed, parameters)}
                LIMIT ${MAX_RANKED_AT_LAST}) found
        ORDER BY rank DESC, updated_at DESC, account_id
        LIMIT ${MAX_REACHED}`,
      parameters.values,
    )
    return rows.map(matchOf)
  }

  /** Those of very many that come first by their skill, or by time. */
  private async walk(queries: Queries, request: SearchRequest, needed: number): Promise<Match[]> {
    const { criteria, sort } = request
    const found = new Map<number, Match>()
    for (const skill of driversOf(criteria, needed)) {
      await this.collect(queries, request, needed, bySkill(skill, sort), found)
    }
    if (found.size < MAX_REACHED) await this.collect(queries, request, needed, BY_TIME, found)
    return [...found.values()]
  }

  /** Indexes: profile_skills_best_idx, profile_skills_recent_idx or profiles_recent_idx, then profiles_pkey. */
  private async collect(
    queries: Queries,
    request: SearchRequest,
    needed: number,
    driver: (parameters: Parameters) => string,
    found: Map<number, Match>,
  ): Promise<void> {
    const parameters = new Parameters()
    const rows = await queries.rows<MatchRow>(
      `SELECT *, ${rankOf(request)} AS rank
         FROM (SELECT ${matchColumns(request, parameters)}
                 FROM (${driver(parameters)} LIMIT ${MAX_WALKED}) walked
                 JOIN LATERAL (SELECT * FROM profiles
                                WHERE account_id = walked.account_id OFFSET 0) p
                   ON ${conditionOf(request.criteria, needed, parameters)}
                LIMIT ${MAX_REACHED}) found`,
      parameters.values,
    )
    for (const row of rows) found.set(row.account_id, matchOf(row))
  }
}

/** Those of the best that are behind the page before. */
function pageOf(
  best: readonly Match[],
  { after, limit }: SearchRequest,
  count: number,
  needed: number,
): Matches {
  const sorted = [...best].sort(inOrder).slice(0, MAX_REACHED)
  return {
    best: sorted.filter((match) => !after || inOrder(after, match) < 0).slice(0, limit),
    total: Math.min(count, MAX_COUNTED),
    isLowerBound: count > MAX_COUNTED,
    needed,
  }
}

/** What is selected of a profile `p` that matches. */
function matchColumns({ criteria, sort, asOf }: SearchRequest, parameters: Parameters): string {
  const all = [...criteria.required, ...criteria.terms]
  const parts = all.map((term) => `(${pointsOf(term, parameters)})::int`)
  const levels = sort === 'level' ? all.map((term) => levelOf(term, parameters)) : ['0']
  return `p.account_id, p.updated_at, p.is_proven, ARRAY[${parts.join(', ')}] AS parts,
          ${levels.join(' + ')} AS levels,
          (${freshnessAt(parameters.add(asOf))})::int AS freshness`
}

/** By what matches are sorted, of those columns. */
function rankOf({ criteria, sort }: SearchRequest): string {
  if (sort !== 'relevance') return 'levels'
  const parts = [...criteria.required, ...criteria.terms].map(
    (_term, index) => `parts[${index + 1}]`,
  )
  // Who has more of what was asked for comes first, however well the others have the rest.
  const held = parts.map((part) => `(${part} > 0)::int`)
  return `${points.whole} * (${held.join(' + ')})
          + round((${parts.join(' + ')}) / ${parts.length}.0)::int
          + CASE WHEN is_proven THEN ${points.proven} ELSE 0 END + freshness`
}

/** Those of a skill, the best or the newest first. */
function bySkill({ variants, minLevel }: LeveledTerm, sort: Sort) {
  const best = 'level DESC, is_proven DESC, updated_at DESC, account_id'
  const order = sort === 'recent' ? 'updated_at DESC, account_id' : best
  return (parameters: Parameters): string => {
    const level = parameters.add(minLevel)
    const each = variants.map(
      ({ skill }) => `
        (SELECT account_id, level, is_proven, updated_at FROM profile_skills
          WHERE skill = ${parameters.add(skill)} AND level >= ${level} AND is_listed)`,
    )
    return `SELECT * FROM (${each.join(' UNION ALL ')}) skilled
             ORDER BY ${order}`
  }
}

/** All, those written last first. */
const BY_TIME = (): string =>
  'SELECT account_id FROM profiles WHERE is_listed ORDER BY updated_at DESC, account_id'

/** The best first. */
function inOrder(one: Position, other: Position): number {
  return (
    other.rank - one.rank ||
    other.updatedAt.getTime() - one.updatedAt.getTime() ||
    one.accountId - other.accountId
  )
}

/** The one skill that is all a search asks for. */
function soleSkill({ required, terms, excluded, filters }: Criteria): LeveledTerm | null {
  const [sole, second] = [...required, ...terms]
  const isFiltered = excluded.length > 0 || Object.values(filters).some((value) => value !== null)
  return sole && !second && !isFiltered && sole.variants.length > 0 ? sole : null
}

/**
 * Skills along which the best are looked for, those that the fewest people list first: one that all results have,
 * or, where not all terms need to hold, each of them.
 */
function driversOf({ required, terms }: Criteria, needed: number): LeveledTerm[] {
  const isAll = needed === terms.length
  const listed = [...required, ...terms].filter(({ variants }) => variants.length > 0)
  const rarest = listed.sort((one, other) => one.people - other.people)
  return isAll ? rarest.slice(0, 1) : rarest.slice(0, MAX_DRIVERS)
}

/** First all of the terms, then all but one, then two, then any. A level is meant as it stands. */
function leniences({ terms }: Criteria): number[] {
  const count = terms.length
  if (count === 0 || terms.some(({ minLevel }) => minLevel > 1)) return [count]
  const steps = [count, count - 1, Math.min(2, count), 1]
  return [...new Set(steps)].filter((needed) => needed > 0)
}

function matchOf(row: MatchRow): Match {
  return {
    accountId: row.account_id,
    rank: row.rank,
    updatedAt: row.updated_at,
    isProven: row.is_proven,
    freshness: row.freshness,
    parts: row.parts,
  }
}
