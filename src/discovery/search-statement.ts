import type { Parameter } from '../database/database.js'
import { lexemeOf, quoteLexeme } from '../profiles/search-document.js'
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
  /** All of these skills must hold. */
  readonly skills: readonly LeveledTerm[]
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
export function queryOf({ variants, texts, minLevel }: LeveledTerm): string {
  const skills = variants.flatMap(({ skill }) =>
    levelsFrom(minLevel).map((level) => quoteLexeme(lexemeOf.skill(skill, level))),
  )
  // A level is one of a skill: where one is asked for, a word in a sentence is not enough.
  const words = minLevel > 1 && variants.length > 0 ? [] : texts.map((text) => phraseOf(text))
  const all = [...skills, ...words]
  return all.length === 0 ? NOBODY : `(${all.join(' | ')})`
}

/** No profile has an empty language. */
const NOBODY = quoteLexeme(lexemeOf.language(''))

/** Words in a row; `weight`: in a field of this weight. */
function phraseOf(words: readonly string[], weight = ''): string {
  const lexemes = words.map((word) => `${quoteLexeme(word)}${weight && `:${weight}`}`)
  return lexemes.length === 1 ? (lexemes[0] ?? '') : `(${lexemes.join(' <-> ')})`
}

/** What every result must satisfy, whatever else does. */
export function commonQueries({ skills, excluded, filters }: Criteria): string[] {
  return [
    ...skills.map(queryOf),
    ...excluded.map((term) => `!${queryOf({ ...term, minLevel: 1 })}`),
    ...(filters.language === null ? [] : [quoteLexeme(lexemeOf.language(filters.language))]),
    ...(filters.model === null ? [] : [quoteLexeme(lexemeOf.model(filters.model))]),
  ]
}

/**
 * SQL that holds for profiles `p` which satisfy the criteria, at least `needed` of the terms. Index:
 * profiles_search_idx. Of n terms of which k are needed, one of any n-k+1 must hold: those that the fewest
 * people list are what the index is asked for, and the terms are counted afterwards.
 */
export function conditionOf(criteria: Criteria, needed: number, parameters: Parameters): string {
  const { terms, filters } = criteria
  const rarest = [...terms].sort((one, other) => one.people - other.people)
  const asked = rarest.slice(0, terms.length - needed + 1).map(queryOf)
  const isAll = needed === terms.length
  const chosen = isAll ? terms.map(queryOf) : needed > 0 ? [`(${asked.join(' | ')})`] : []
  const query = [...chosen, ...commonQueries(criteria)].join(' & ')
  const conditions = ['p.is_listed', `p.search @@ ${parameters.add(query)}::tsquery`]
  if (!isAll && needed > 1) {
    const held = terms.map((term) => `(p.search @@ ${parameters.add(queryOf(term))}::tsquery)::int`)
    conditions.push(`${held.join(' + ')} >= ${parameters.add(needed)}`)
  }
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
  const inField = (weight: string): string => {
    const query = term.texts.map((text) => phraseOf(text, weight)).join(' | ')
    return `p.search @@ ${parameters.add(query)}::tsquery`
  }
  const words =
    term.texts.length === 0 || (term.minLevel > 1 && skills.length > 0)
      ? '0'
      : `CASE WHEN ${inField('A')} THEN ${points.name}
              WHEN ${inField('B')} THEN ${points.skillWords}
              WHEN ${inField('D')} THEN ${points.description} ELSE 0 END`
  return skills.length === 0 ? words : `coalesce(greatest(${skills.join(', ')}), ${words})`
}

/** SQL for the level of one term for a profile `p`; 0 where it is only in words. */
export function levelOf({ variants }: LeveledTerm, parameters: Parameters): string {
  const levels = variants.map(({ skill }) => `(p.levels ->> ${parameters.add(skill)}::text)::int`)
  return levels.length === 0 ? '0' : `coalesce(greatest(${levels.join(', ')}), 0)`
}

function levelsFrom(least: number): number[] {
  return Array.from({ length: MAX_LEVEL - least + 1 }, (_, index) => least + index)
}
