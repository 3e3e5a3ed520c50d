import { Injectable } from '@nestjs/common'

import { Clock } from '../common/clock.js'
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
import { MAX_REACHED, type Match, ProfileSearch } from './profile-search.js'
import { parseQuery } from './query-parser.js'
import { Results } from './results.js'
import type { Criteria, LeveledTerm } from './search-statement.js'
import { type Term, TermResolver } from './term-resolver.js'

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
      if (classic.total > 0) return classic
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
    const { cursor: written, ...rest } = query
    const asked = `${accountId} ${JSON.stringify(rest)}`
    const cursor = written === undefined ? null : readCursor(written, asked, this.dataKey)
    const asOf = cursor?.asOf ?? this.clock.date()
    const shown = cursor?.shown ?? 0
    const limit = Math.min(query.limit ?? MAX_RESULTS, MAX_REACHED - shown)

    const live = query.online ? await this.live.everywhere() : null
    // May run twice: the second time on the primary.
    const answer = await this.replica.read(async (queries) => {
      const criteria = await this.criteriaOf(queries, query, live?.accountIds ?? null)
      const all = [...criteria.skills, ...criteria.terms]
      if (all.length === 0) return null
      const matches = await this.profiles.search(queries, {
        criteria,
        sort: query.sort ?? 'relevance',
        // One more: whether there is a next page.
        limit: limit + 1,
        asOf,
        needed: cursor?.needed ?? null,
        after: cursor?.after ?? null,
      })
      const page = matches.best.slice(0, limit)
      const results = await this.results.ranked(queries, page, query.explain ? all : null)
      return { ...matches, page, results }
    })
    if (!answer) return { results: [], total: 0 }
    const { best, page, results, total, isLowerBound, needed } = answer
    this.found.note(
      accountId,
      page.map((match) => match.accountId),
    )
    if (query.isClassic) return { results: results.map(classicOf), total }
    const last = page.at(-1)
    const isMore = best.length > limit && last && shown + page.length < MAX_REACHED
    return {
      results,
      total,
      // Somebody may be connected to an instance that has not answered.
      total_is_lower_bound: isLowerBound || live?.isComplete === false,
      next_cursor: isMore
        ? writeCursor(
            { after: positionOf(last), shown: shown + page.length, asOf, needed },
            asked,
            this.dataKey,
          )
        : null,
    }
  }

  private async criteriaOf(
    queries: Queries,
    query: SearchQuery,
    accountIds: readonly number[] | null,
  ): Promise<Criteria> {
    const { skills: asked, minLevel } = query
    const parsed = query.text === null ? NO_WORDS : parseQuery(query.text)
    const names = asked.map(({ skill }) => skill)
    const { terms, excluded, skills } = await this.resolver.resolve(queries, parsed, names)
    return {
      skills: skills.map((term, index) => leveled(term, asked[index]?.minLevel ?? minLevel)),
      terms: terms.filter(canMatch).map((term) => leveled(term, minLevel)),
      excluded: excluded.filter(canMatch),
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
