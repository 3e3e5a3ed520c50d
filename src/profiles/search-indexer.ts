import { setTimeout as delay } from 'node:timers/promises'

import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common'

import { UnavailableError } from '../common/hub-error.js'
import { Logger } from '../common/logger.js'
import { Database } from '../database/database.js'
import type { JsonObject } from './profiles.schema.js'
import { levelsOf, searchDocumentOf } from './search-document.js'
import { SkillDictionary } from './skill-dictionary.js'

/** Profiles in one transaction: a few hundredths of a second. */
const BATCH = 200
/** Between two batches: an instance that starts serves meanwhile. */
const PAUSE_MS = 20
/** While Postgres is away. */
const RETRY_MS = 5_000

interface UnindexedRow {
  readonly account_id: number
  readonly name: string
  readonly description: string | null
  readonly compute: JsonObject
  readonly languages: readonly string[]
  readonly skills: readonly (readonly [skill: string, spelling: string, level: number])[]
}

/**
 * Makes profiles searchable that an older hub has written, once, in the background. Several instances share
 * the work: each takes rows that no other has.
 */
@Injectable()
export class SearchIndexer implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly stopped = new AbortController()

  constructor(
    private readonly database: Database,
    private readonly dictionary: SkillDictionary,
    private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.indexAll().catch((error: unknown) => this.logger.error(error))
  }

  onModuleDestroy(): void {
    this.stopped.abort()
  }

  private async indexAll(): Promise<void> {
    let all = 0
    while (!this.stopped.signal.aborted) {
      const count = await this.tryBatch()
      if (count === 0) break
      all += count ?? 0
      // Rejects when it is aborted: then there is nothing more to do.
      await delay(count === null ? RETRY_MS : PAUSE_MS, undefined, {
        ref: false,
        signal: this.stopped.signal,
      }).catch(() => undefined)
    }
    if (all > 0) this.logger.info(`made ${all} profiles of an older hub searchable`)
  }

  /** Null: not now. */
  private async tryBatch(): Promise<number | null> {
    try {
      return await this.indexBatch()
    } catch (error) {
      if (error instanceof UnavailableError) return null
      throw error
    }
  }

  /** Index: profiles_unindexed_idx, then profiles_pkey and profile_skills_pkey. */
  private indexBatch(): Promise<number> {
    return this.database.transaction(async (queries) => {
      const rows = await queries.rows<UnindexedRow>(
        `SELECT p.account_id, p.name, p.description, p.compute, p.languages,
                (SELECT coalesce(json_agg(json_build_array(s.skill, s.spelling, s.level)
                                          ORDER BY s.position), '[]')
                   FROM profile_skills s WHERE s.account_id = p.account_id) AS skills
           FROM profiles p
          WHERE p.search IS NULL
          ORDER BY p.account_id
          LIMIT ${BATCH}
            FOR NO KEY UPDATE SKIP LOCKED`,
      )
      const profiles = rows.map((row) => ({
        ...row,
        skills: row.skills.map(([skill, spelling, level]) => ({ skill, spelling, level })),
      }))
      await queries.rows(
        `UPDATE profiles p SET search = made.search::tsvector, levels = made.levels::jsonb
           FROM unnest($1::bigint[], $2::text[], $3::text[]) AS made (account_id, search, levels)
          WHERE p.account_id = made.account_id`,
        [
          profiles.map(({ account_id: accountId }) => accountId),
          profiles.map(searchDocumentOf),
          profiles.map(({ skills }) => levelsOf(skills)),
        ],
      )
      const skills = new Map(
        profiles.flatMap((each) => each.skills).map((each) => [each.skill, each]),
      )
      await this.dictionary.know(queries, [...skills.values()])
      return rows.length
    })
  }
}
