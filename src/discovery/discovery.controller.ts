import { Controller, Get, Query } from '@nestjs/common'

import { RateLimit } from '../limits/rate-limit.guard.js'
import { NodeNames } from '../profiles/node-names.js'
import { ProfileStore } from '../profiles/profile.store.js'
import { expertiseOf, namedAs } from '../profiles/profiles.schema.js'
import { type SearchAnswer, searchQuery, type SearchQuery } from './discovery.schema.js'
import { ProfileSearch } from './profile-search.js'

@Controller('discovery')
export class DiscoveryController {
  constructor(
    private readonly profileSearch: ProfileSearch,
    private readonly profiles: ProfileStore,
    private readonly names: NodeNames,
  ) {}

  /** A result names the account's most recently connected live node, else its last registered. */
  @Get('search')
  @RateLimit('search')
  async search(@Query({ schema: searchQuery }) query: SearchQuery): Promise<SearchAnswer> {
    const { best, total } = await this.profileSearch.search(query)
    const profiles = await this.profiles.findAll(best.map(({ accountId }) => accountId))
    const byAccount = new Map(profiles.map((profile) => [profile.accountId, profile]))
    const found = best.flatMap(({ accountId, lastNode }) => {
      const profile = byAccount.get(accountId)
      // Else deleted between the two queries.
      return profile ? [{ profile, lastNode }] : []
    })
    const names = await this.names.name(found)
    const results = found.map(({ profile, lastNode }) => {
      const { accountId, name, description, skills } = profile
      const node = names.get(accountId) ?? lastNode
      return { ...namedAs(node), name, description, expertise: expertiseOf(skills) }
    })
    return { results, total }
  }
}
