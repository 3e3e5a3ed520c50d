import type { Need } from './relevance.js'

export const KINDS = [
  'single skill',
  'typo',
  'alias',
  'separator, case, accent, plural',
  'symbol',
  'other script',
  'skills with levels',
  'skill + skill',
  'skill + city',
  'sentence',
  'phrase',
  'exclusion',
  'name',
  'language and model',
  'description',
] as const

export type Kind = (typeof KINDS)[number]

/** The parameters of `GET /discovery/search`, as a client sends them. */
export interface SearchParameters {
  readonly q?: string
  readonly skills?: string
  readonly min_level?: number
  readonly language?: string
  readonly model?: string
}

export interface Query {
  readonly kind: Kind
  readonly send: SearchParameters
  readonly need: Need
}

/** A query of free text. */
export function ask(kind: Kind, q: string, need: Need, more: SearchParameters = {}): Query {
  return { kind, send: { q, ...more }, need }
}

/** Queries for one skill each: what is typed, and the concept that is meant. */
export function askEach(kind: Kind, concepts: Readonly<Record<string, string>>): Query[] {
  return Object.entries(concepts).map(([q, id]) => ask(kind, q, { skills: [id] }))
}
