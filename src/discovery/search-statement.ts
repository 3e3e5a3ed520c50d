import type { Parameter } from '../database/database.js'
import { lexemeOf, quoteLexeme } from '../profiles/search-document.js'
import { isPart } from '../profiles/words.js'
import { points } from './points.js'
import type { Term } from './term-resolver.js'

/** The highest level. */
const MAX_LEVEL = 5

/** A term with the least level at which its skills count. */
export interface LeveledTerm extends Term {
  readonly minLevel: number
}

/** Conditions of a search that do not rank. */
export interface Filters {
  readonly language: string | null
  readonly model: string | null
  readonly updatedSince: Date | null
  /** Only these; null: all. */
  readonly accountIds: readonly number[] | null
}

/** What all of one search have in common. */
export interface Criteria {
  /** Skills that were asked for by name, and phrases: all of these must hold. */
  readonly required: readonly LeveledTerm[]
  /** Of these, `needed` must. */
  readonly terms: readonly LeveledTerm[]
  readonly excluded: readonly Term[]
  readonly filters: Filters
}

/** Numbers the parameters of a statement as they are named in it. */
export class Parameters {
  readonly values: Parameter[] = []

  /** The place of a value: `$3`. */
  add(value: Parameter): string {
    this.values.push(value)
    return `$${this.values.length}`
  }
}

/** A `tsquery` that a profile satisfies that has one of the term's skills at its level, or one of its texts. */
export function queryOf({ variants, texts, minLevel, isLiteral }: LeveledTerm): string {
  const skills = variants.flatMap(({ skill }) =>
    levelsFrom(minLevel).map((level) => quoteLexeme(lexemeOf.skill(skill, level))),
  )
  // A level is one of a skill: where one is asked for, a word in a sentence is not enough.
  const words =
    minLevel > 1 && variants.length > 0 ? [] : texts.map((text) => wordsIn(text, isLiteral))
  const all = [...skills, ...words]
  return all.length === 0 ? NOBODY : `(${all.join(' | ')})`
}

/** No profile has an empty language. */
const NOBODY = quoteLexeme(lexemeOf.language(''))

/** Words anywhere: that they are in a row costs a look into each profile, so only scores ask for it. */
function wordsIn(words: readonly string[], isLiteral: boolean): string {
  return isLiteral ? phraseOf(words) : `(${words.map((word) => wordOf(word)).join(' & ')})`
}

/** A character of a script without blanks between words begins pairs: any word with it is found. */
function wordOf(word: string, weight = ''): string {
  const flags = `${isPart(word) ? '*' : ''}${weight}`
  return `${quoteLexeme(word)}${flags && `:${flags}`}`
}

/** Words in a row; `weight`: in a field of this weight. */
function phraseOf(words: readonly string[], weight = ''): string {
  const lexemes = words.map((word) => wordOf(word, weight))
  return lexemes.length === 1 ? (lexemes[0] ?? '') : `(${lexemes.join(' <-> ')})`
}

/** What every result must satisfy, whatever else does. */
function commonQueries({ required, excluded, filters }: Criteria): string[] {
  return [
    ...required.map(queryOf),
    ...excluded.map((term) => `!${queryOf({ ...term, minLevel: 1, isLiteral: true })}`),
    ...(filters.language === null ? [] : [quoteLexeme(lexemeOf.language(filters.language))]),
    ...(filters.model === null ? [] : [quoteLexeme(lexemeOf.model(filters.model))]),
  ]
}

/**
 * SQL that holds for profiles `p` which satisfy the criteria, at least `needed` of the terms: the index is asked
 * for every choice of so many. Index: profiles_search_idx.
 */
export function conditionOf(criteria: Criteria, needed: number, parameters: Parameters): string {
  const { terms, filters } = criteria
  const any = choose(terms.map(queryOf), needed)
    .map((all) => all.join(' & '))
    .join(' | ')
  const query = [...(any === '' ? [] : [`(${any})`]), ...commonQueries(criteria)].join(' & ')
  const conditions = ['p.is_listed', `p.search @@ ${parameters.add(query)}::tsquery`]
  if (filters.updatedSince) {
    conditions.push(`p.updated_at >= ${parameters.add(filters.updatedSince)}::timestamptz`)
  }
  if (filters.accountIds) {
    conditions.push(`p.account_id = ANY (${parameters.add(filters.accountIds)}::bigint[])`)
  }
  return conditions.join(' AND ')
}

/** SQL for the points of one term for a profile `p`: its best skill, else where its words stand. */
export function pointsOf(term: LeveledTerm, parameters: Parameters): string {
  const skills = term.variants.map(({ skill, weight }) => {
    const level = `(p.levels ->> ${parameters.add(skill)}::text)::int`
    const value = `${points.skill * weight} + ${points.level * weight} * ${level}`
    return term.minLevel > 1 ? `CASE WHEN ${level} >= ${term.minLevel} THEN ${value} END` : value
  })
  const needsSkill = term.minLevel > 1 && skills.length > 0
  const words = needsSkill ? '0' : wordPointsOf(term, parameters)
  return skills.length === 0 ? words : `coalesce(greatest(${skills.join(', ')}), ${words})`
}

function wordPointsOf({ texts, isLiteral }: LeveledTerm, parameters: Parameters): string {
  if (texts.length === 0) return '0'
  const holds = (queries: readonly string[], value: number): string =>
    `WHEN p.search @@ ${parameters.add(queries.join(' | '))}::tsquery THEN ${value}`
  const inField = (weight: string, value: number): string =>
    holds(
      texts.map((text) => phraseOf(text, weight)),
      value,
    )
  const several = isLiteral ? [] : texts.filter((text) => text.length > 1)
  return `CASE ${inField('A', points.name)}
               ${inField('B', points.skillWords)}
               ${inField('D', points.description)}
               ${
                 several.length === 0
                   ? ''
                   : holds(
                       several.map((text) => wordsIn(text, false)),
                       points.wordsApart,
                     )
               }
          ELSE 0 END`
}

/** SQL for the level of one term for a profile `p`; 0 where it is only in words. */
export function levelOf({ variants }: LeveledTerm, parameters: Parameters): string {
  const levels = variants.map(({ skill }) => `(p.levels ->> ${parameters.add(skill)}::text)::int`)
  return levels.length === 0 ? '0' : `coalesce(greatest(${levels.join(', ')}), 0)`
}

/** All choices of `count` of these. */
function choose<One>(from: readonly One[], count: number): One[][] {
  if (count === 0) return [[]]
  return from.flatMap((one, at) =>
    choose(from.slice(at + 1), count - 1).map((rest) => [one, ...rest]),
  )
}

function levelsFrom(least: number): number[] {
  return Array.from({ length: MAX_LEVEL - least + 1 }, (_, index) => least + index)
}
