import { setTimeout as delay } from 'node:timers/promises'

import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common'

import { UnavailableError } from '../common/hub-error.js'
import { Logger } from '../common/logger.js'
import { Database, type Queries } from '../database/database.js'
import type { JsonObject, Skill } from './profiles.schema.js'
import { levelsOf, searchDocumentOf } from './search-document.js'
import { SkillDictionary } from './skill-dictionary.js'

/** Profiles in one transaction: a few hundredths of a second. */
const BATCH = 200
/** Between two batches: an instance that starts serves meanwhile. */
const PAUSE_MS = 20
const EVERY_MS = 60_000

interface UnindexedRow {
  readonly account_id: number
  readonly name: string
  readonly description: string | null
  readonly compute: JsonObject
  readonly languages: readonly string[]
  readonly skills: readonly (readonly [skill: string, spelling: string, level: number])[]
}

/**
 * Makes profiles searchable that an older hub has written: all of them at the first start, and while such a hub
 * still runs beside this one. Several instances share the work: each takes rows that no other has.
 */
@Injectable()
export class SearchIndexer implements OnApplicationBootstrap, OnModuleDestroy {
  private timer: NodeJS.Timeout | null = null
  private running = false
  private readonly stopped = new AbortController()

  constructor(
    private readonly database: Database,
    private readonly dictionary: SkillDictionary,
    private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.begin()
    this.timer = setInterval(() => this.begin(), EVERY_MS)
    this.timer.unref()
  }

  onModuleDestroy(): void {
    if (this.timer) clearInterval(this.timer)
    this.stopped.abort()
  }

  private begin(): void {
    if (this.running) return
    this.running = true
    this.indexAll()
      .catch((error: unknown) => {
        // What Postgres does not take is looked at again in a minute, and so is what it could not.
        if (!(error instanceof UnavailableError)) this.logger.error(error)
      })
      .finally(() => (this.running = false))
      .catch(() => undefined)
  }

  private async indexAll(): Promise<void> {
    let all = 0
    while (!this.stopped.signal.aborted) {
      const count = await this.indexBatch()
      if (count === 0) break
      all += count
      // Rejects when it is aborted: then there is nothing more to do.
      await delay(PAUSE_MS, undefined, { ref: false, signal: this.stopped.signal }).catch(
        () => undefined,
      )
    }
    if (all > 0) this.logger.info(`made ${all} profiles of an older hub searchable`)
  }

  /** One that Postgres refuses is left out, the others of its batch are not. */
  private async indexBatch(): Promise<number> {
    return this.database.transaction(async (queries) => {
      const profiles = await unsearchable(queries)
      const refused: number[] = []
      try {
        await queries.rows('SAVEPOINT batch')
        await makeSearchable(queries, profiles)
      } catch (error) {
        if (error instanceof UnavailableError) throw error
        await queries.rows('ROLLBACK TO SAVEPOINT batch')
        for (const profile of profiles) {
          await queries.rows('SAVEPOINT one')
          try {
            await makeSearchable(queries, [profile])
          } catch (fault) {
            if (fault instanceof UnavailableError) throw fault
            await queries.rows('ROLLBACK TO SAVEPOINT one')
            refused.push(profile.account_id)
            this.logger.error(fault)
          }
        }
      }
      // Not again before it is saved again.
      await queries.rows(
        'UPDATE profiles SET searchable_at = updated_at WHERE account_id = ANY ($1::bigint[])',
        [profiles.map(({ account_id: accountId }) => accountId)],
      )
      const made = profiles.filter(({ account_id: id }) => !refused.includes(id))
      const skills = made.flatMap((each) => each.skills)
      await this.dictionary.know(queries, [
        ...new Map(skills.map((each) => [each.skill, each])).values(),
      ])
      return profiles.length
    })
  }
}

interface Unsearchable extends Omit<UnindexedRow, 'skills'> {
  readonly skills: readonly Skill[]
}

/** Index: profiles_unsearchable_idx, then profile_skills_pkey. */
async function unsearchable(queries: Queries): Promise<Unsearchable[]> {
  const rows = await queries.rows<UnindexedRow>(
    `SELECT p.account_id, p.name, p.description, p.compute, p.languages,
            (SELECT coalesce(json_agg(json_build_array(s.skill, s.spelling, s.level)
                                      ORDER BY s.position), '[]')
               FROM profile_skills s WHERE s.account_id = p.account_id) AS skills
       FROM profiles p
      WHERE p.searchable_at IS DISTINCT FROM p.updated_at
      ORDER BY p.account_id
      LIMIT ${BATCH}
        FOR NO KEY UPDATE SKIP LOCKED`,
  )
  return rows.map((row) => ({
    ...row,
    skills: row.skills.map(([skill, spelling, level]) => ({ skill, spelling, level })),
  }))
}

/** With the flags of skills that an older hub has added. Index: profiles_pkey, profile_skills_pkey. */
async function makeSearchable(queries: Queries, profiles: readonly Unsearchable[]): Promise<void> {
  const accountIds = profiles.map(({ account_id: accountId }) => accountId)
  await queries.rows(
    `UPDATE profiles p SET search = made.search::tsvector, levels = made.levels::jsonb
       FROM unnest($1::bigint[], $2::text[], $3::text[]) AS made (account_id, search, levels)
      WHERE p.account_id = made.account_id`,
    [accountIds, profiles.map(searchDocumentOf), profiles.map(({ skills }) => levelsOf(skills))],
  )
  await queries.rows(
    `UPDATE profile_skills s
        SET is_listed = p.is_listed, is_proven = p.is_proven, updated_at = p.updated_at
       FROM profiles p
      WHERE p.account_id = s.account_id AND p.account_id = ANY ($1::bigint[])
        AND (s.is_listed, s.is_proven, s.updated_at)
            IS DISTINCT FROM (p.is_listed, p.is_proven, p.updated_at)`,
    [accountIds],
  )
}
