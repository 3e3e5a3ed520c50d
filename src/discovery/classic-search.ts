import { Injectable } from '@nestjs/common'

import type { Queries } from '../database/database.js'

/** Matches counted, and rows looked at, at most: what a search costs is bounded. */
const MAX_MATCHES = 10_000
/** Results in one answer. */
const MAX_RESULTS = 50

export interface ClassicMatches {
  /** The first 50 accounts, best first. */
  readonly best: readonly number[]
  /** All, counted up to 10,000. */
  readonly total: number
}

/** The search of classic clients, `q` and `min_level` and nothing else: one skill, as it always was. */
@Injectable()
export class ClassicSearch {
  /**
   * Who has the skill, then who has one that contains it; each by level, then by account, so that
   * the order is always the same. A query without three letters or digits in a row has no trigram
   * to look for: then the second part is skills that begin with it.
   *
   * Indexes: profile_skills_skill_level_idx for the skill itself and those that contain it, which
   * skills_pkey and skills_skill_trgm_idx find, and to leave out whom the first part has. Of skills that contain the query more than 10,000 entries are not looked at; those of the
   * first skills in byte order count.
   */
  async search(queries: Queries, skill: string, minLevel: number): Promise<ClassicMatches> {
    const pattern = hasTrigram(skill) ? `%${escapeLike(skill)}%` : `${escapeLike(skill)}%`
    const rows = await queries.rows<{ account_id: number; total: number }>(
      `WITH exact AS (
         SELECT s.account_id, s.level
           FROM profile_skills s
          WHERE s.skill = $1 AND s.level >= $3 AND s.is_listed
          ORDER BY s.level DESC, s.account_id
          LIMIT ${MAX_MATCHES}
       ), containing AS (
         SELECT skill FROM skills
          WHERE skill LIKE $2 AND skill <> $1 AND (SELECT count(*) FROM exact) < ${MAX_MATCHES}
          ORDER BY skill
       ), partial AS (
         SELECT s.account_id, max(s.level) AS level
           FROM (SELECT p.account_id, p.level
                   FROM containing
                  CROSS JOIN LATERAL (SELECT account_id, level FROM profile_skills
                                       WHERE profile_skills.skill = containing.skill
                                         AND profile_skills.level >= $3
                                         AND profile_skills.is_listed
                                       ORDER BY level DESC, account_id
                                       LIMIT ${MAX_MATCHES}) p
                  LIMIT ${MAX_MATCHES}) s
          WHERE NOT EXISTS (SELECT FROM profile_skills e
                             WHERE e.account_id = s.account_id AND e.skill = $1 AND e.level >= $3
                               AND e.is_listed)
          GROUP BY s.account_id
       )
       SELECT account_id, count(*) OVER () AS total
         FROM (SELECT account_id, level, 1 AS part FROM exact
               UNION ALL
               SELECT account_id, level, 2 AS part FROM partial) matches
        ORDER BY part, level DESC, account_id
        LIMIT ${MAX_RESULTS}`,
      [skill, pattern, minLevel],
    )
    return {
      best: rows.map(({ account_id: accountId }) => accountId),
      total: Math.min(rows[0]?.total ?? 0, MAX_MATCHES),
    }
  }
}

function hasTrigram(skill: string): boolean {
  return /[\p{L}\p{N}]{3}/u.test(skill)
}

/** In a query `%`, `_` and `\` stand for themselves. */
function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&')
}
