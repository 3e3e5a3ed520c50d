import { Module } from '@nestjs/common'

import { PresenceModule } from '../presence/presence.module.js'
import { ProfilesModule } from '../profiles/profiles.module.js'
import { Aliases } from './aliases.js'
import { ClassicSearch } from './classic-search.js'
import { DiscoveryController } from './discovery.controller.js'
import { DiscoveryService } from './discovery.service.js'
import { FoundToday } from './found-today.js'
import { ProfileSearch } from './profile-search.js'
import { Results } from './results.js'
import { SkillList } from './skill-list.js'
import { SkillSuggestions } from './skill-suggestions.js'
import { TermResolver } from './term-resolver.js'

@Module({
  imports: [PresenceModule, ProfilesModule],
  controllers: [DiscoveryController],
  providers: [
    ...[Aliases, ClassicSearch, DiscoveryService, FoundToday],
    ...[ProfileSearch, Results, SkillList, SkillSuggestions, TermResolver],
  ],
})
export class DiscoveryModule {}
