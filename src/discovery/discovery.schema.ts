import { z } from 'zod'

import { isCleanText } from '../common/json.js'
import { expertiseAnswer, languageTag, namedNode, text } from '../profiles/profiles.schema.js'
import { normaliseSkill } from '../profiles/skill.js'
import { parseQuery } from './query-parser.js'

/** Characters of a query, in code points. */
const MAX_QUERY = 100
/** Words of it that are understood: each costs a look into every result. */
const MAX_WORDS = 16
const MAX_SKILLS_TEXT = 300
const MAX_MODEL = 100
const MAX_CURSOR = 400
/** Skills that a search may ask for at once. */
const MAX_SKILLS = 8
/** Results in one answer. */
export const MAX_RESULTS = 50

/** A skill that results must have, and how well. */
export interface AskedSkill {
  readonly skill: string
  /** Null: as `min_level` says. */
  readonly minLevel: number | null
}

const cleanText = (max: number) =>
  text(max).refine(isCleanText, 'holds a NUL character or a lone surrogate')

const q = cleanText(MAX_QUERY)
  .refine((value) => normaliseSkill(value) !== '', 'expected something to look for')
  .meta({ minLength: 1, maxLength: MAX_QUERY })

const minLevel = z
  .string('expected one integer from 1 to 5')
  .regex(/^[1-5]$/, 'expected an integer from 1 to 5')
  .transform(Number)

/** `python:4,rust`. */
const skills = cleanText(MAX_SKILLS_TEXT).transform((value, context): readonly AskedSkill[] => {
  const asked = value.split(',').map(askedSkillOf)
  const refuse = (message: string) => context.addIssue({ code: 'custom', message })
  if (asked.length > MAX_SKILLS) refuse(`expected at most ${MAX_SKILLS} skills`)
  if (asked.some(({ skill }) => normaliseSkill(skill) === '')) {
    refuse('expected skills with commas between, as in python:4,rust')
  }
  if (asked.some(({ minLevel: level }) => level !== null && (level < 1 || level > 5))) {
    refuse('expected levels from 1 to 5, as in python:4,rust')
  }
  return asked
})

const limit = z
  .string(`expected one integer from 1 to ${MAX_RESULTS}`)
  .refine((value) => /^[1-9][0-9]?$/.test(value) && Number(value) <= MAX_RESULTS, {
    error: `expected an integer from 1 to ${MAX_RESULTS}`,
  })
  .transform(Number)

const flag = z
  .enum(['true', 'false'], 'expected true or false')
  .transform((word) => word === 'true')

const aTime = z.union([z.iso.date(), z.iso.datetime({ offset: true })])

const updatedSince = z
  .string('expected a date or a time')
  .refine((value) => aTime.safeParse(value).success, {
    error: 'expected a date as 2026-01-31, or a time as 2026-01-31T12:00:00Z',
  })
  .transform((value) => new Date(value))

/** GET /discovery/search. A parameter given twice is a list, and refused as one. Unknown ones are ignored. */
export const searchQuery = z
  .object({
    q: q.optional(),
    min_level: minLevel.optional(),
    skills: skills.optional(),
    online: flag.optional(),
    language: languageTag.optional(),
    model: cleanText(MAX_MODEL)
      .refine((name) => name.trim() !== '', 'expected the name of a model')
      .optional(),
    updated_since: updatedSince.optional(),
    sort: z
      .enum(['relevance', 'level', 'recent'], 'expected relevance, level or recent')
      .optional(),
    limit: limit.optional(),
    cursor: cleanText(MAX_CURSOR).optional(),
    explain: flag.optional(),
  })
  .transform(({ q: words, min_level, ...further }, context) => {
    const { skills: asked, updated_since: since, ...query } = further
    const isClassic = Object.values(further).every((value) => value === undefined)
    const isWordy = (words?.trim().split(/\s+/).length ?? 0) > MAX_WORDS
    const refuse = (message: string) => context.addIssue({ code: 'custom', path: ['q'], message })
    if (words === undefined && !asked) refuse('is missing: say what to look for, here or in skills')
    if (words !== undefined && !asked && !isClassic && isExclusion(words)) {
      refuse('expected something to look for, beside what is left out')
    }
    if (isWordy && !isClassic) refuse(`expected at most ${MAX_WORDS} words`)
    return {
      ...query,
      text: words ?? null,
      skills: asked ?? [],
      minLevel: min_level ?? 1,
      updatedSince: since ?? null,
      /** `q` and `min_level` alone: as classic clients ask. */
      isClassic,
      /** Such a query of theirs is one skill and nothing else. */
      isWordy,
    }
  })

export type SearchQuery = z.output<typeof searchQuery>

const reason = z.strictObject({
  term: z.string().meta({ description: 'What was asked for, as it was typed' }),
  points: z.int().meta({ description: 'Of 930' }),
  skill: z.string().optional().meta({ description: 'The skill that matches, as it is spelled' }),
  level: z.int().optional(),
})

export const searchResult = z.strictObject({
  ...namedNode,
  name: z.string(),
  description: z.string().nullable(),
  expertise: expertiseAnswer,
  languages: z.array(z.string()).optional(),
  online: z.boolean().optional(),
  score: z.number().min(0).max(1).optional(),
  why: z
    .strictObject({
      terms: z.array(reason),
      proven: z.int(),
      fresh: z.int(),
    })
    .optional()
    .meta({ description: 'Points that make the score, of 1,000; with explain=true' }),
})

export type SearchResult = z.output<typeof searchResult>

export const searchAnswer = z.strictObject({
  results: z.array(searchResult).max(MAX_RESULTS),
  total: z.int(),
  total_is_lower_bound: z.boolean().optional(),
  next_cursor: z.string().nullable().optional(),
})

export type SearchAnswer = z.output<typeof searchAnswer>

/** GET /discovery/skills. */
export const skillsQuery = z.object({
  prefix: cleanText(50).refine((value) => normaliseSkill(value) !== '', 'expected a beginning'),
  limit: limit.optional(),
})

export type SkillsQuery = z.output<typeof skillsQuery>

export const skillsAnswer = z.strictObject({
  skills: z.array(
    z.strictObject({
      skill: z.string().meta({ description: 'As most people spell it' }),
      people: z.int().meta({ description: 'At least so many have it: 5, 10, 20, 50, 100 …' }),
    }),
  ),
})

export type SkillsAnswer = z.output<typeof skillsAnswer>

function isExclusion(words: string): boolean {
  const { runs, phrases, excluded } = parseQuery(words)
  return excluded.length > 0 && runs.length === 0 && phrases.length === 0
}

/** `python:4`; the last colon counts, and only before a level. */
function askedSkillOf(part: string): AskedSkill {
  const [, skill, level] = /^(.*):\s*(\d+)\s*$/su.exec(part) ?? []
  return skill === undefined
    ? { skill: part.trim(), minLevel: null }
    : { skill: skill.trim(), minLevel: Number(level) }
}
