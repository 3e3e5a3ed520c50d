import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common'

import { UnavailableError } from '../common/hub-error.js'
import { Logger } from '../common/logger.js'
import { Database, type Queries } from '../database/database.js'
import { foldSkill, formsOf } from './words.js'

/** How often changes are looked for that nobody here has made: by other instances, by deletions. */
const EVERY_MS = 5_000
/** After a profile was saved here. */
const SOON_MS = 500
/** Skills that are made or counted in one transaction, far within the time that a statement has. */
const BATCH = 300
/** People who are asked how they spell a skill. */
const SPELLERS = 200

/** How somebody typed a skill. */
export interface TypedSkill {
  readonly skill: string
  readonly spelling: string
}

/**
 * Every skill of a listed profile, once, with how many people have it: what searches compare typed words with.
 *
 * A skill is there as soon as a profile with it is saved; of somebody who is listed only later, by a node or by
 * showing themselves, some seconds after that. Its count follows: triggers write down each change in a row
 * of its own, so that those who save profiles do not wait for one another at the row of `python`, and `settle`
 * adds them up.
 */
@Injectable()
export class SkillDictionary implements OnModuleInit, OnModuleDestroy {
  private timer: NodeJS.Timeout | null = null
  private soon: NodeJS.Timeout | null = null

  constructor(
    private readonly database: Database,
    private readonly logger: Logger,
  ) {}

  onModuleInit(): void {
    this.timer = setInterval(() => this.tryToSettle(), EVERY_MS)
    this.timer.unref()
  }

  onModuleDestroy(): void {
    if (this.timer) clearInterval(this.timer)
    if (this.soon) clearTimeout(this.soon)
  }

  /** Index: skills_pkey. */
  async know(queries: Queries, skills: readonly TypedSkill[]): Promise<void> {
    if (skills.length === 0) return
    const folds = skills.map(({ skill }) => foldSkill(skill))
    await queries.rows(
      `INSERT INTO skills (skill, fold, forms, spelling)
       SELECT skill, fold, string_to_array(forms, chr(10)), spelling
         FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS typed (skill, fold, forms, spelling)
        ORDER BY skill
       ON CONFLICT ON CONSTRAINT skills_pkey DO NOTHING`,
      [
        skills.map(({ skill }) => skill),
        folds,
        // A list of lists is no array of Postgres', unless all are of one length.
        folds.map((fold) => formsOf(fold).join('\n')),
        skills.map(({ spelling }) => spelling),
      ],
    )
  }

  /**
   * Those of the skills that nobody has any more, at once: a skill may say who had it. One that somebody takes up
   * at the same time comes back when it is settled. Indexes: skills_pkey, profile_skills_skill_level_idx.
   */
  async forget(queries: Queries, skills: readonly string[]): Promise<void> {
    for (const table of ['skill_changes', 'skills']) {
      await queries.rows(
        `DELETE FROM ${table} t
          WHERE t.skill = ANY ($1::text[])
            AND NOT EXISTS (SELECT FROM profile_skills p WHERE p.skill = t.skill AND p.is_listed)`,
        [skills],
      )
    }
  }

  /** Settles in a moment, once for all that is saved until then. */
  settleSoon(): void {
    this.soon ??= setTimeout(() => {
      this.soon = null
      this.tryToSettle()
    }, SOON_MS).unref()
  }

  /**
   * Adds up what has changed, some at a time; of several instances one at a time. A skill that nobody has goes. If
   * somebody takes it up in that very moment, the change waits for its row, which is made first of all here.
   */
  async settle(): Promise<void> {
    let isMore = true
    while (isMore) isMore = await this.database.transaction((queries) => settleSome(this, queries))
  }

  private tryToSettle(): void {
    this.settle().catch((error: unknown) => {
      if (!(error instanceof UnavailableError)) this.logger.error(error)
    })
  }
}

/**
 * True: there is more to do.
 *
 * Indexes: skills_pkey, skills_unused_idx, and for spellings profile_skills_skill_level_idx.
 */
async function settleSome(dictionary: SkillDictionary, queries: Queries): Promise<boolean> {
  const [lock] = await queries.rows<{ mine: boolean }>(
    "SELECT pg_try_advisory_xact_lock(hashtext('dpc-hub skills')) AS mine",
  )
  if (!lock?.mine) return false
  const missing = await missingSkills(queries)
  if (missing.length > 0) {
    await dictionary.know(queries, missing)
    return true
  }
  const [settled] = await queries.rows<{ readonly changes: number }>(
    `WITH chosen AS (
       SELECT c.ctid FROM skill_changes c JOIN skills s USING (skill) LIMIT ${BATCH}
     ), settled AS (
       DELETE FROM skill_changes c USING chosen WHERE c.ctid = chosen.ctid
       RETURNING c.skill, c.change
     ), changed AS (
       SELECT skill, sum(change)::integer AS change FROM settled GROUP BY skill ORDER BY skill
     ), added AS (
       UPDATE skills s
          SET people = s.people + changed.change, spelling = coalesce(common.spelling, s.spelling)
         FROM changed
         LEFT JOIN LATERAL (SELECT asked.spelling
                              FROM (SELECT p.spelling FROM profile_skills p
                                     WHERE p.skill = changed.skill AND p.is_listed
                                     LIMIT ${SPELLERS}) asked
                             GROUP BY asked.spelling
                             ORDER BY count(*) DESC, asked.spelling LIMIT 1) common ON true
        WHERE s.skill = changed.skill
     )
     SELECT count(*) AS changes FROM settled`,
  )
  if (settled?.changes === BATCH) return true
  const unused = 'NOT EXISTS (SELECT FROM profile_skills p WHERE p.skill = t.skill AND p.is_listed)'
  await queries.rows(`DELETE FROM skills t WHERE t.people <= 0 AND ${unused}`)
  await queries.rows(
    `DELETE FROM skill_changes t
      WHERE NOT EXISTS (SELECT FROM skills s WHERE s.skill = t.skill) AND ${unused}`,
  )
  return false
}

/** Those of an older hub, and those that went in the moment in which they came back. */
function missingSkills(queries: Queries): Promise<TypedSkill[]> {
  return queries.rows<TypedSkill>(
    `SELECT DISTINCT ON (c.skill) c.skill, p.spelling
       FROM skill_changes c
       JOIN LATERAL (SELECT spelling FROM profile_skills
                      WHERE profile_skills.skill = c.skill AND is_listed LIMIT 1) p ON true
      WHERE NOT EXISTS (SELECT FROM skills s WHERE s.skill = c.skill)
      LIMIT ${BATCH}`,
  )
}
