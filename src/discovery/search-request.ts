import type { Criteria } from './search-statement.js'

/** Matches that are counted at most: what a search costs is bounded. */
export const MAX_COUNTED = 10_000
/** Results of one search that can be had, page after page. */
export const MAX_REACHED = 300

export type Sort = 'relevance' | 'level' | 'recent'

/** Where a page begins: behind the last result of the one before. */
export interface Position {
  readonly rank: number
  readonly updatedAt: Date
  readonly accountId: number
}

export interface SearchRequest {
  readonly criteria: Criteria
  readonly sort: Sort
  readonly limit: number
  /** Freshness is counted from then on, the same for all pages. */
  readonly asOf: Date
  /** Of how many terms a profile must have something; null: of all, or of fewer if hardly anybody has. */
  readonly needed: number | null
  readonly after: Position | null
}

/** A profile that matches. */
export interface Match extends Position {
  /** Points of each skill and each term of the criteria, in their order. */
  readonly parts: readonly number[]
  readonly isProven: boolean
  readonly freshness: number
}

export interface Matches {
  readonly best: readonly Match[]
  /** Up to 10,000. */
  readonly total: number
  readonly isLowerBound: boolean
  readonly needed: number
}
