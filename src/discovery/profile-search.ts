import { Injectable } from '@nestjs/common'

import { type Queries } from '../database/database.js'
import { freshnessAt, points } from './points.js'
import {
  conditionOf,
  type Criteria,
  levelOf,
  type LeveledTerm,
  Parameters,
  pointsOf,
} from './search-statement.js'

/** Matches that are counted, and ranked by their score, at most: what a search costs is bounded. */
export const MAX_COUNTED = 10_000
/** Results of one search that can be had, page after page. */
export const MAX_REACHED = 500
/** Entries of an index that are walked along for the best of very many. */
const MAX_WALKED = 20_000
/** With fewer than that, profiles that lack one of the words are shown, too. */
const ENOUGH = 10

export type Sort = 'relevance' | 'level' | 'recent'

/** Where a page begins: behind the last result of the one before. */
export interface Position {
  readonly rank: number
  readonly updatedAt: Date
  readonly accountId: number
}

export interface SearchRequest {
  readonly criteria: Criteria
  readonly sort: Sort
  readonly limit: number
  /** Freshness is counted from then on, the same for all pages. */
  readonly asOf: Date
  /** Of how many terms a profile must have something; null: of all, or of fewer if hardly anybody has. */
  readonly needed: number | null
  readonly after: Position | null
}

/** A profile that matches. */
export interface Match extends Position {
  /** Points of each skill and each term of the criteria, in their order. */
  readonly parts: readonly number[]
  readonly isProven: boolean
  readonly freshness: number
}

export interface Matches {
  readonly best: readonly Match[]
  /** Up to 10,000. */
  readonly total: number
  readonly isLowerBound: boolean
  readonly needed: number
}

interface MatchRow {
  readonly total?: number
  readonly account_id: number | null
  readonly rank: number
  readonly updated_at: Date
  readonly is_proven: boolean
  readonly freshness: number
  readonly parts: readonly number[]
}

/**
 * Searches the hub's profiles. Up to 10,000 that match are all ranked. Of more, those are that come first by the
 * rarest of the skills asked for, or, where no skill is asked for, those that were written last.
 */
@Injectable()
export class ProfileSearch {
  async search(queries: Queries, request: SearchRequest): Promise<Matches> {
    const { terms } = request.criteria
    const attempts = request.needed === null ? leniences(terms.length) : [request.needed]
    let found: Matches | null = null
    for (const needed of attempts) {
      found = await this.searchFor(queries, request, needed)
      if (found.total >= ENOUGH) break
    }
    if (!found) throw new RangeError('a search must look for something')
    return found
  }

  private async searchFor(queries: Queries, request: SearchRequest, needed: number) {
    const { criteria } = request
    const alone = soleSkill(criteria)
    if (alone) {
      const count = await this.countSkill(queries, alone)
      if (alone.texts.length === 0 || count > MAX_COUNTED) {
        return this.walk(queries, request, needed, count)
      }
    }
    const ranked = await this.rankAll(queries, request, needed)
    return ranked.total > MAX_COUNTED
      ? this.walk(queries, request, needed, ranked.total)
      : { ...ranked, isLowerBound: false, needed }
  }

  /** Index: profiles_search_idx. */
  private async rankAll(queries: Queries, request: SearchRequest, needed: number) {
    const parameters = new Parameters()
    const rows = await queries.rows<MatchRow>(
      `WITH hits AS MATERIALIZED (
         SELECT ${matchColumns(request, parameters)}
           FROM profiles p
          WHERE ${conditionOf(request.criteria, needed, parameters)}
          LIMIT ${MAX_COUNTED + 1}
       )
       SELECT counted.total, page.*
         FROM (SELECT count(*) AS total FROM hits) counted
         LEFT JOIN LATERAL (SELECT * FROM (SELECT *, ${rankOf(request)} AS rank FROM hits) ranked
                             WHERE counted.total <= ${MAX_COUNTED} ${behind(request.after, parameters)}
                             ORDER BY rank DESC, updated_at DESC, account_id
                             LIMIT ${parameters.add(request.limit)}) page ON true
        ORDER BY rank DESC, updated_at DESC, account_id`,
      parameters.values,
    )
    const best = rows.flatMap((row) => (row.account_id === null ? [] : [matchOf(row)]))
    return { best, total: rows[0]?.total ?? 0 }
  }

  /** The first of very many, ranked among themselves. */
  private async walk(queries: Queries, request: SearchRequest, needed: number, count: number) {
    const { criteria, sort, limit, after } = request
    const driver = rarestSkill(criteria, needed)
    const found = new Map<number, Match>()
    if (driver) await this.collect(queries, request, needed, bySkill(driver, sort), found)
    const mayBeOthers = !driver || driver.texts.length > 0 || needed < criteria.terms.length
    if (found.size < MAX_REACHED && mayBeOthers) {
      await this.collect(queries, request, needed, BY_TIME, found)
    }
    const best = [...found.values()].sort(inOrder)
    return {
      best: best.filter((match) => !after || inOrder(after, match) < 0).slice(0, limit),
      total: Math.min(count, MAX_COUNTED),
      isLowerBound: count > MAX_COUNTED,
      needed,
    }
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
    for (const row of rows) {
      const match = matchOf(row)
      found.set(match.accountId, match)
    }
  }

  /** Accounts that have one of the skills, counted up to 10,001. Index: profile_skills_best_idx. */
  private async countSkill(queries: Queries, { variants, minLevel }: LeveledTerm): Promise<number> {
    const skills = variants.map(({ skill }) => skill)
    const [row] = await queries.rows<{ count: number }>(
      `SELECT count(DISTINCT account_id) AS count
         FROM unnest($1::text[]) AS asked (skill)
        CROSS JOIN LATERAL (SELECT account_id FROM profile_skills s
                             WHERE s.skill = asked.skill AND s.level >= $2 AND s.is_listed
                             LIMIT ${MAX_COUNTED + 1}) found`,
      [skills, minLevel],
    )
    return row?.count ?? 0
  }
}

/** What is selected of a profile `p` that matches. */
function matchColumns({ criteria, sort, asOf }: SearchRequest, parameters: Parameters): string {
  const all = [...criteria.skills, ...criteria.terms]
  const parts = all.map((term) => `(${pointsOf(term, parameters)})::int`)
  const levels = sort === 'level' ? all.map((term) => levelOf(term, parameters)) : ['0']
  return `p.account_id, p.updated_at, p.is_proven, ARRAY[${parts.join(', ')}] AS parts,
          ${levels.join(' + ')} AS levels,
          (${freshnessAt(parameters.add(asOf))})::int AS freshness`
}

/** By what matches are sorted, of those columns. */
function rankOf({ criteria, sort }: SearchRequest): string {
  if (sort !== 'relevance') return 'levels'
  const parts = [...criteria.skills, ...criteria.terms].map((_term, index) => `parts[${index + 1}]`)
  return `round((${parts.join(' + ')}) / ${parts.length}.0)::int
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

/** SQL: only what comes after this position. */
function behind(after: Position | null, parameters: Parameters): string {
  if (!after) return ''
  const rank = parameters.add(after.rank)
  const updatedAt = parameters.add(after.updatedAt)
  const accountId = parameters.add(after.accountId)
  return `AND (rank < ${rank}
               OR rank = ${rank} AND (updated_at < ${updatedAt}
                                      OR updated_at = ${updatedAt} AND account_id > ${accountId}))`
}

/** The same order, here. */
function inOrder(one: Position, other: Position): number {
  return (
    other.rank - one.rank ||
    other.updatedAt.getTime() - one.updatedAt.getTime() ||
    one.accountId - other.accountId
  )
}

/** The one skill that is all a search asks for. */
function soleSkill({ skills, terms, excluded, filters }: Criteria): LeveledTerm | null {
  const [sole, second] = [...skills, ...terms]
  const isFiltered = excluded.length > 0 || Object.values(filters).some((value) => value !== null)
  return sole && !second && !isFiltered && sole.variants.length > 0 ? sole : null
}

/** Of the skills that all results have, the one that the fewest people list. */
function rarestSkill({ skills, terms }: Criteria, needed: number): LeveledTerm | null {
  const sure = needed === terms.length ? [...skills, ...terms] : skills
  const listed = sure.filter(({ variants }) => variants.length > 0)
  return listed.sort((one, other) => one.people - other.people)[0] ?? null
}

/** First all of the words, then all but one, then half of them, then any. */
function leniences(count: number): number[] {
  if (count === 0) return [0]
  const steps = [count, count - 1, Math.ceil(count / 2), 1]
  return [...new Set(steps)].filter((needed) => needed > 0)
}

function matchOf(row: MatchRow): Match {
  return {
    accountId: row.account_id ?? 0,
    rank: row.rank,
    updatedAt: row.updated_at,
    isProven: row.is_proven,
    freshness: row.freshness,
    parts: row.parts,
  }
}
