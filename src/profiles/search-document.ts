import type { JsonObject, Skill } from './profiles.schema.js'
import { lastPartsOf, wordsOf } from './words.js'

/** Positions between two fields: no phrase goes from one into the next. */
const GAP = 10
/** The largest position that a tsvector holds is 16,383. */
const MAX_POSITION = 16_000
/** Model names that can be searched for, of one profile. */
const MAX_MODELS = 50
const MAX_MODEL = 100

/** What of a profile can be searched for. */
export interface Searchable {
  readonly name: string
  readonly description: string | null
  readonly skills: readonly Skill[]
  readonly languages: readonly string[]
  readonly compute: JsonObject
}

/** Lexemes hold a `=` where they are no word: no word does. */
export const lexemeOf = {
  skill: (skill: string, level: number) => `${level}=${skill}`,
  language: (tag: string) => `language=${tag.toLowerCase()}`,
  /** Of somebody's name. */
  name: (word: string) => `name=${word}`,
  model: (name: string) => `model=${name.toLowerCase()}`,
}

/**
 * A profile as the text of a `tsvector`: the words of its name (weight A), skills (B) and description (D)
 * with their positions, and as lexemes without a position its skills with their levels, its languages
 * (`pt-BR` is found as `pt`, too: RFC 4647 §3.3.1) and its models.
 */
export function searchDocumentOf(profile: Searchable): string {
  const { name, description, skills, languages, compute } = profile
  const lexemes: string[] = []
  let position = 1
  const place = (text: string, weight: string): void => {
    for (const word of wordsOf(text)) {
      lexemes.push(`${quoteLexeme(word)}:${Math.min(position, MAX_POSITION)}${weight}`)
      position += 1
    }
    position += GAP
  }
  place(name, 'A')
  for (const { spelling } of skills) place(spelling, 'B')
  if (description !== null) place(description, 'D')
  const bare = [
    ...skills.map(({ skill, level }) => lexemeOf.skill(skill, level)),
    ...new Set(wordsOf(name).map(lexemeOf.name)),
    ...new Set(
      [name, description ?? '', ...skills.map(({ spelling }) => spelling)].flatMap(lastPartsOf),
    ),
    ...languages.flatMap(rangesOf).map(lexemeOf.language),
    ...modelsOf(compute).map(lexemeOf.model),
  ]
  return [...lexemes, ...bare.map(quoteLexeme)].join(' ')
}

/** For `jsonb`: what scores are made of. */
export function levelsOf(skills: readonly Skill[]): string {
  return JSON.stringify(Object.fromEntries(skills.map(({ skill, level }) => [skill, level])))
}

/** A lexeme within the text of a tsvector or a tsquery. */
export function quoteLexeme(lexeme: string): string {
  return `'${lexeme.replace(/['\\]/g, '$&$&')}'`
}

/** The entries of `compute.models` that are names. */
function modelsOf({ models }: JsonObject): string[] {
  if (!Array.isArray(models)) return []
  const names = models.filter((model): model is string => typeof model === 'string')
  return names.filter((name) => name !== '' && name.length <= MAX_MODEL).slice(0, MAX_MODELS)
}

/** `zh-Hant-TW`, `zh-Hant` and `zh`. */
function rangesOf(tag: string): string[] {
  const parts = tag.split('-')
  return parts.map((_part, index) => parts.slice(0, index + 1).join('-'))
}
