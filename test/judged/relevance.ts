import type { Person } from './people.js'

/**
 * What the person who asks is after, in facts. Everything in it is wanted at once.
 */
export interface Need {
  /** Concepts to be known; where several stand together, any one of them. */
  readonly skills?: readonly (string | readonly string[])[]
  readonly topic?: string
  readonly city?: string
  readonly given?: string
  readonly family?: string

  // The rest are filters: whoever fails one is of no use, whatever else is right.

  /** Levels asked for in so many words, by concept; 1 means that it must be among the skills. */
  readonly levels?: Readonly<Record<string, number>>
  readonly without?: readonly string[]
  readonly withoutTopic?: string
  readonly language?: string
  readonly model?: string
}

/** 0: of no use … 3: what was asked for. */
export type Grade = 0 | 1 | 2 | 3

/** Levels from which somebody counts as good at something, and as able to help with it at all. */
const GOOD = 4
const ABLE = 2

/**
 * The one rule of relevance. It looks at facts only, never at how anything is spelled.
 *
 * - **0** for whoever fails a filter.
 * - Each thing needed is met as: 3, a skill at level 4 or 5, or the very topic, city or name; 2, a skill at
 *   level 2 or 3; 1, a skill at level 1, of whoever has just begun, or one that only the description tells; 0,
 *   not at all.
 * - If everything is met by 2 or more, the grade is that of the weakest: **3** or **2**.
 * - **1** if at least half of what is needed is met somehow, and not by the city alone.
 * - **0** otherwise.
 */
export function gradeOf(person: Person, need: Need): Grade {
  if (!passes(person, need)) return 0
  const subjects = [
    ...(need.skills ?? []).map((skill) => bestOf(person, [skill].flat())),
    ...wanted(need.topic, person.topic),
    ...wanted(need.given, person.given),
    ...wanted(need.family, person.family),
  ]
  const all = [...subjects, ...wanted(need.city, person.city)]
  const weakest = all.reduce((least, each) => (each < least ? each : least), 3)
  if (weakest >= 2) return weakest
  const met = all.filter((each) => each > 0)
  return subjects.some((each) => each > 0) && 2 * met.length >= all.length ? 1 : 0
}

function bestOf({ levels, mentioned }: Person, anyOf: readonly string[]): Grade {
  const level = Math.max(...anyOf.map((concept) => levels.get(concept) ?? 0))
  if (level >= ABLE) return level >= GOOD ? 3 : 2
  return level > 0 || anyOf.some((concept) => mentioned.has(concept)) ? 1 : 0
}

function wanted(what: string | undefined, has: string | null): Grade[] {
  return what === undefined ? [] : [what === has ? 3 : 0]
}

function passes(person: Person, need: Need): boolean {
  const { levels = {}, without = [], withoutTopic, language, model } = need
  return (
    Object.entries(levels).every(([id, level]) => (person.levels.get(id) ?? 0) >= level) &&
    !without.some((id) => person.levels.has(id) || person.mentioned.has(id)) &&
    (withoutTopic === undefined || person.topic !== withoutTopic) &&
    (language === undefined || person.languages.some((each) => isWithin(each, language))) &&
    (model === undefined || person.models.includes(model))
  )
}

/** RFC 4647 §3.3.1: who asks for `de` means `de-AT` too. */
export function isWithin(tag: string, range: string): boolean {
  const [has, asked] = [tag.toLowerCase(), range.toLowerCase()]
  return has === asked || has.startsWith(`${asked}-`)
}
