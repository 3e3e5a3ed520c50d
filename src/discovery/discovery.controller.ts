import { Controller, Get, Query } from '@nestjs/common'

import type { Actor } from '../identity/actor.js'
import { RateLimit } from '../limits/rate-limit.guard.js'
import { CurrentActor } from '../tokens/decorators.js'
import {
  type SearchAnswer,
  searchQuery,
  type SearchQuery,
  type SkillsAnswer,
  skillsQuery,
  type SkillsQuery,
} from './discovery.schema.js'
import { DiscoveryService } from './discovery.service.js'
import { SkillSuggestions } from './skill-suggestions.js'

const SUGGESTIONS = 10

@Controller('discovery')
export class DiscoveryController {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly suggestions: SkillSuggestions,
  ) {}

  /** A result names the account's most recently connected live node, else its last registered. */
  @Get('search')
  @RateLimit('search')
  search(
    @CurrentActor() { accountId }: Actor,
    @Query({ schema: searchQuery }) query: SearchQuery,
  ): Promise<SearchAnswer> {
    return this.discovery.search(accountId, query)
  }

  @Get('skills')
  @RateLimit('suggestion')
  async skills(@Query({ schema: skillsQuery }) query: SkillsQuery): Promise<SkillsAnswer> {
    const found = await this.suggestions.of(query.prefix, query.limit ?? SUGGESTIONS)
    return { skills: found.map(({ spelling, people }) => ({ skill: spelling, people })) }
  }
}
