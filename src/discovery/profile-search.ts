import { Injectable } from '@nestjs/common'

import { Database } from '../database/database.js'
import { type NamedNode, namedNodeOf, type NamedNodeRow } from '../profiles/profile.store.js'
import { MAX_RESULTS, type SearchQuery } from './discovery.schema.js'

/** Matches counted, and rows looked at, at most: what a search costs is bounded. */
const MAX_MATCHES = 10_000

/** An account that matches. */
export interface Match {
  readonly accountId: number
  /** The node it registered last. */
  readonly lastNode: NamedNode
}

export interface Matches {
  /** The first 50, best first. */
  readonly best: readonly Match[]
  /** All, counted up to 10,000. */
  readonly total: number
}

/** This hub's profiles, searched by skill. Accounts without a node are not there. */
@Injectable()
export class ProfileSearch {
  constructor(private readonly database: Database) {}

  /**
   * Who has the skill, then who has one that contains it; each by level, then by account, so that
   * the order is always the same. A query without three letters or digits in a row has no trigram
   * to look for: then the second part is skills that begin with it.
   *
   * Indexes: profile_skills_skill_level_idx for the skill itself and for beginnings,
   * profile_skills_skill_trgm_idx for what contains it, profile_skills_pkey to leave out whom the
   * first part has, nodes_account_id_idx for the nodes. Of skills that contain the query more than
   * 10,000 entries are not looked at; those of the first skills in byte order count.
   */
  async search({ skill, minLevel }: SearchQuery): Promise<Matches> {
    const pattern = hasTrigram(skill) ? `%${escapeLike(skill)}%` : `${escapeLike(skill)}%`
    const rows = await this.database.rows<MatchRow>(
      `WITH exact AS (
         SELECT s.account_id, s.level
           FROM profile_skills s
          WHERE s.skill = $1 AND s.level >= $3
            AND EXISTS (SELECT FROM nodes n WHERE n.account_id = s.account_id)
          ORDER BY s.level DESC, s.account_id
          LIMIT ${MAX_MATCHES}
       ), partial AS (
         SELECT s.account_id, max(s.level) AS level
           FROM (SELECT p.account_id, p.level
                   FROM profile_skills p
                  WHERE p.skill LIKE $2 AND p.skill <> $1 AND p.level >= $3
                    AND (SELECT count(*) FROM exact) < ${MAX_MATCHES}
                  ORDER BY p.skill, p.level DESC, p.account_id
                  LIMIT ${MAX_MATCHES}) s
          WHERE EXISTS (SELECT FROM nodes n WHERE n.account_id = s.account_id)
            AND NOT EXISTS (SELECT FROM profile_skills e
                             WHERE e.account_id = s.account_id AND e.skill = $1 AND e.level >= $3)
          GROUP BY s.account_id
       ), best AS (
         SELECT account_id, part, level, count(*) OVER () AS total
           FROM (SELECT account_id, level, 1 AS part FROM exact
                 UNION ALL
                 SELECT account_id, level, 2 AS part FROM partial) matches
          ORDER BY part, level DESC, account_id
          LIMIT ${MAX_RESULTS}
       )
       SELECT best.account_id, best.total, last.node_id, last.spki_sha256, last.is_proven
         FROM best
        CROSS JOIN LATERAL (SELECT n.node_id, n.spki_sha256, n.proven_at IS NOT NULL AS is_proven
                             FROM nodes n
                             WHERE n.account_id = best.account_id
                             ORDER BY n.registered_at DESC LIMIT 1) last
        ORDER BY best.part, best.level DESC, best.account_id`,
      [skill, pattern, minLevel],
    )
    return {
      best: rows.map((row) => ({ accountId: row.account_id, lastNode: namedNodeOf(row) })),
      total: Math.min(rows[0]?.total ?? 0, MAX_MATCHES),
    }
  }
}

interface MatchRow extends NamedNodeRow {
  readonly account_id: number
  readonly total: number
}

function hasTrigram(skill: string): boolean {
  return /[\p{L}\p{N}]{3}/u.test(skill)
}

/** In a query `%`, `_` and `\` stand for themselves. */
function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&')
}
