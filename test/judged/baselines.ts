import type { TestDatabase } from '../support/postgres.js'
import { DEPTH } from './metrics.js'
import type { Person } from './people.js'
import type { SearchParameters } from './query.js'

/** Answers with the indexes of people, best first. */
export type Search = (parameters: SearchParameters) => Promise<readonly number[]>

/**
 * Puts the people into a schema of the baselines' own: nothing of the hub is looked at. Keys of `expertise`
 * are folded as the reference hub's clients do it, lower case with `_` for spaces.
 */
export async function prepareBaselines(
  database: TestDatabase,
  people: readonly Person[],
): Promise<void> {
  await database.query(`CREATE SCHEMA judged`)
  await database.query(
    `CREATE TABLE judged.people AS
     SELECT id, expertise, languages, models,
            to_tsvector('english', concat_ws(' ', name, description, skills)) AS document
       FROM unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::jsonb[], $6::jsonb[], $7::jsonb[])
         AS person (id, name, description, skills, expertise, languages, models)`,
    [
      people.map(({ index }) => index),
      people.map(({ profile }) => profile.name),
      people.map(({ profile }) => profile.description),
      people.map(({ profile }) => Object.keys(profile.expertise).join(', ')),
      people.map(({ profile }) => JSON.stringify(foldKeys(profile.expertise))),
      people.map(({ languages }) => JSON.stringify(languages)),
      people.map(({ models }) => JSON.stringify(models)),
    ],
  )
  await database.query(`ANALYZE judged.people`)
}

/** As the reference hub searched: the key itself, by level. Of several skills it knows the first. */
export function exactKey(database: TestDatabase): Search {
  return async (parameters) => {
    const key = foldKey(parameters.q ?? skillsOf(parameters)[0] ?? '')
    const { min_level: minLevel = 1 } = parameters
    const rows = await database.query<{ id: number }>(
      `SELECT id FROM judged.people
        WHERE expertise ? $1 AND (expertise ->> $1)::int >= $2 AND ${FILTERS}
        ORDER BY (expertise ->> $1)::int DESC, id LIMIT ${DEPTH}`,
      [key, minLevel, ...filtersOf(parameters)],
    )
    return rows.map(({ id }) => id)
  }
}

/** What Postgres does by itself, with all of a profile in one document. Levels are nothing it knows of. */
export function tsRank(database: TestDatabase): Search {
  return async (parameters) => {
    const words = parameters.q ?? skillsOf(parameters).join(' ')
    // Where nothing is excluded or quoted, this is plainto_tsquery.
    const rows = await database.query<{ id: number }>(
      `SELECT id FROM judged.people, websearch_to_tsquery('english', $1) AS query
        WHERE document @@ query AND $2::int IS NOT NULL AND ${FILTERS}
        ORDER BY ts_rank(document, query) DESC, id LIMIT ${DEPTH}`,
      [words, 0, ...filtersOf(parameters)],
    )
    return rows.map(({ id }) => id)
  }
}

/** The same for both; a range such as `de` takes `de-AT` in. */
const FILTERS = `
  ($3::text IS NULL OR EXISTS (
    SELECT FROM jsonb_array_elements_text(languages) AS tag
     WHERE lower(tag) = lower($3) OR lower(tag) LIKE lower($3) || '-%'))
  AND ($4::text IS NULL OR models ? $4)`

function filtersOf({ language, model }: SearchParameters): (string | null)[] {
  return [language ?? null, model ?? null]
}

/** The skills of `python:4,rust`, without their levels. */
function skillsOf({ skills = '' }: SearchParameters): string[] {
  return skills.split(',').map((skill) => skill.replace(/:\d$/, ''))
}

function foldKeys(expertise: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(expertise).map(([skill, level]) => [foldKey(skill), level]),
  )
}

function foldKey(skill: string): string {
  return skill.toLowerCase().replace(/ /g, '_')
}
