import { Injectable } from '@nestjs/common'

import { Clock } from '../common/clock.js'
import { InvalidRequestError } from '../common/hub-error.js'
import { DataKey } from '../database/data-key.js'
import type { Queries } from '../database/database.js'
import { SearchReplica } from '../database/search-replica.js'
import { LiveAccounts } from '../presence/live-accounts.js'
import { normaliseSkill } from '../profiles/skill.js'
import { ClassicSearch } from './classic-search.js'
import { readCursor, writeCursor } from './cursor.js'
import {
  MAX_RESULTS,
  type SearchAnswer,
  type SearchQuery,
  type SearchResult,
} from './discovery.schema.js'
import { FoundToday } from './found-today.js'
import { ProfileSearch } from './profile-search.js'
import { parseQuery } from './query-parser.js'
import { Results } from './results.js'
import { type Match, MAX_REACHED } from './search-request.js'
import type { Criteria, LeveledTerm } from './search-statement.js'
import { type Term, TermResolver } from './term-resolver.js'

/** Skills, words and phrases of one query, beside those of `skills`. */
const MAX_TERMS = 8
const NO_WORDS = { runs: [], phrases: [], excluded: [] }

/** Answers searches: what was typed becomes terms, terms become matches, matches become results. */
@Injectable()
export class DiscoveryService {
  constructor(
    private readonly replica: SearchReplica,
    private readonly resolver: TermResolver,
    private readonly classic: ClassicSearch,
    private readonly profiles: ProfileSearch,
    private readonly live: LiveAccounts,
    private readonly found: FoundToday,
    private readonly results: Results,
    private readonly dataKey: DataKey,
    private readonly clock: Clock,
  ) {}

  /**
   * `q` and `min_level` alone mean one skill, as for classic clients, who get what they always got. If nobody
   * has that skill or one that contains it, the words are understood as a person means them.
   *
   * @throws InvalidCursorError
   * @throws FoundLimitError
   */
  async search(accountId: number, query: SearchQuery): Promise<SearchAnswer> {
    if (query.isClassic) {
      const classic = await this.searchClassically(accountId, query)
      if (classic.total > 0 || query.isWordy) return classic
    }
    return this.searchByTerms(accountId, query)
  }

  private async searchClassically(accountId: number, query: SearchQuery): Promise<SearchAnswer> {
    const skill = normaliseSkill(query.text ?? '')
    const { total, best, results } = await this.replica.read(async (queries) => {
      const matches = await this.classic.search(queries, skill, query.minLevel)
      return { ...matches, results: await this.results.classic(queries, matches.best) }
    })
    this.found.note(accountId, best)
    return { results, total }
  }

  private async searchByTerms(accountId: number, query: SearchQuery): Promise<SearchAnswer> {
    const live = query.online ? await this.live.everywhere() : null
    // May run twice: the second time on the primary.
    const answer = await this.replica.read(async (queries) => {
      const criteria = await this.criteriaOf(queries, query, live?.accountIds ?? null)
      return criteria && this.pageOf(queries, accountId, query, criteria)
    })
    if (!answer) return nothingFor(query)
    const { page, results, total, isLowerBound, next } = answer
    this.found.note(
      accountId,
      page.map((match) => match.accountId),
    )
    if (query.isClassic) return { results: results.map(classicOf), total }
    return {
      results,
      total,
      // Somebody may be connected to an instance that has not answered.
      total_is_lower_bound: isLowerBound || live?.isComplete === false,
      next_cursor: next,
    }
  }

  private async pageOf(
    queries: Queries,
    accountId: number,
    { cursor: written, ...query }: SearchQuery,
    criteria: Criteria,
  ) {
    const all = [...criteria.required, ...criteria.terms]
    // As it is understood just now: a word may have become a skill since the page before.
    const asked = JSON.stringify([accountId, query, all.map(({ text }) => text)])
    const cursor = written === undefined ? null : readCursor(written, asked, this.dataKey)
    const asOf = cursor?.asOf ?? this.clock.date()
    const shown = cursor?.shown ?? 0
    const limit = Math.min(query.limit ?? MAX_RESULTS, MAX_REACHED - shown)
    const { best, ...matches } = await this.profiles.search(queries, {
      criteria,
      sort: query.sort ?? 'relevance',
      // One more: whether there is a next page.
      limit: limit + 1,
      asOf,
      needed: cursor?.needed ?? null,
      after: cursor?.after ?? null,
    })
    const page = best.slice(0, limit)
    const last = page.at(-1)
    const reached = shown + page.length
    const isMore = last && best.length > limit && reached < MAX_REACHED
    const following = last && {
      after: positionOf(last),
      shown: reached,
      asOf,
      needed: matches.needed,
    }
    return {
      ...matches,
      page,
      results: await this.results.ranked(queries, page, query.explain ? all : null),
      next: isMore && following ? writeCursor(following, asked, this.dataKey) : null,
    }
  }

  /** Null: there is nothing to look for. @throws InvalidRequestError  there is too much */
  private async criteriaOf(
    queries: Queries,
    query: SearchQuery,
    accountIds: readonly number[] | null,
  ): Promise<Criteria | null> {
    const { skills: asked, minLevel } = query
    const parsed = query.text === null ? NO_WORDS : parseQuery(query.text)
    const names = asked.map(({ skill }) => skill)
    const found = await this.resolver.resolve(queries, parsed, names)
    const [terms, phrases, excluded] = [found.terms, found.phrases, found.excluded].map((those) =>
      those.filter(canMatch).map((term) => leveled(term, minLevel)),
    )
    if (!terms || !phrases || !excluded) return null
    if (terms.length + phrases.length + excluded.length > MAX_TERMS) {
      if (query.isClassic) return null
      const message = `expected at most ${MAX_TERMS} things to look for or to leave out`
      throw new InvalidRequestError(`q: ${message}`, [{ path: 'q', message }])
    }
    const skills = found.skills.map((term, at) => leveled(term, asked[at]?.minLevel ?? minLevel))
    const required = [...skills, ...phrases]
    if (required.length + terms.length === 0) return null
    return {
      required,
      terms,
      excluded,
      filters: {
        language: query.language ?? null,
        model: query.model ?? null,
        updatedSince: query.updatedSince,
        accountIds,
      },
    }
  }
}

/** Signs and nothing else: neither a skill that somebody has nor a word. */
function canMatch({ variants, texts }: Term): boolean {
  return variants.length > 0 || texts.length > 0
}

/** Signs alone are no words: nobody is found by them. */
function nothingFor({ isClassic }: SearchQuery): SearchAnswer {
  const nothing = { results: [], total: 0 }
  return isClassic ? nothing : { ...nothing, total_is_lower_bound: false, next_cursor: null }
}

/** Nothing that a classic client was never told. */
function classicOf({ node_id, proven, spki_sha256, name, description, expertise }: SearchResult) {
  return { node_id, proven, spki_sha256, name, description, expertise }
}

function leveled(term: Term, minLevel: number): LeveledTerm {
  return { ...term, minLevel }
}

function positionOf({ rank, updatedAt, accountId }: Match) {
  return { rank, updatedAt, accountId }
}
