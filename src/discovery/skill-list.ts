import { Injectable } from '@nestjs/common'

import type { Queries } from '../database/database.js'
import { freshnessAt, points } from './points.js'
import { type Match, MAX_COUNTED, MAX_REACHED, type SearchRequest } from './search-request.js'
import { type LeveledTerm, Parameters } from './search-statement.js'

interface ListedRow {
  readonly account_id: number
  readonly updated_at: Date
  readonly is_proven: boolean
  readonly freshness: number
  readonly level: number
  readonly weight: number
}

/** Searches for one skill and nothing else, the most common ones: read off an index, no profile is looked into. */
@Injectable()
export class SkillList {
  /** Accounts that have the skill, up to 10,001. Index: profile_skills_best_idx. */
  async count(queries: Queries, { variants, minLevel }: LeveledTerm): Promise<number> {
    const skills = variants.map(({ skill }) => skill)
    // Who lists a skill by two of its names counts once.
    const counted = skills.length === 1 ? 'account_id' : 'DISTINCT account_id'
    const [row] = await queries.rows<{ readonly count: number }>(
      `SELECT count(*)
         FROM (SELECT ${counted}
                 FROM unnest($1::text[]) AS asked (skill)
                CROSS JOIN LATERAL (SELECT account_id FROM profile_skills s
                                     WHERE s.skill = asked.skill AND s.level >= $2 AND s.is_listed
                                     LIMIT ${MAX_COUNTED + 1}) named) found`,
      [skills, minLevel],
    )
    return Math.min(row?.count ?? 0, MAX_COUNTED + 1)
  }

  /** The first in the order of the search. Indexes: profile_skills_best_idx, profile_skills_recent_idx. */
  async best(
    queries: Queries,
    { variants, minLevel }: LeveledTerm,
    { sort, asOf }: SearchRequest,
  ): Promise<Match[]> {
    const parameters = new Parameters()
    const level = parameters.add(minLevel)
    const freshness = freshnessAt(parameters.add(asOf))
    const order =
      sort === 'recent'
        ? 'updated_at DESC, account_id'
        : 'level DESC, is_proven DESC, updated_at DESC, account_id'
    const each = variants.map(
      ({ skill, weight }) => `
        (SELECT p.account_id, p.updated_at, p.is_proven, p.level,
                ${parameters.add(weight)}::float8 AS weight, (${freshness})::int AS freshness
           FROM profile_skills p
          WHERE p.skill = ${parameters.add(skill)} AND p.level >= ${level} AND p.is_listed
          ORDER BY ${order} LIMIT ${MAX_REACHED})`,
    )
    const rows = await queries.rows<ListedRow>(each.join(' UNION ALL '), parameters.values)
    const found = new Map<number, Match>()
    for (const row of rows) {
      const match = matchOf(row, sort)
      const former = found.get(match.accountId)
      if (!former || (former.parts[0] ?? 0) < (match.parts[0] ?? 0))
        found.set(match.accountId, match)
    }
    return [...found.values()]
  }
}

/** As `search-statement` has it in SQL. */
function matchOf(row: ListedRow, sort: SearchRequest['sort']): Match {
  const part = Math.round(row.weight * (points.skill + points.level * row.level))
  const score = part + (row.is_proven ? points.proven : 0) + row.freshness
  return {
    accountId: row.account_id,
    rank: { relevance: points.whole + score, level: row.level, recent: 0 }[sort],
    updatedAt: row.updated_at,
    isProven: row.is_proven,
    freshness: row.freshness,
    parts: [part],
  }
}
