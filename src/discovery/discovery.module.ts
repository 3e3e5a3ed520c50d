import { Module } from '@nestjs/common'

import { ProfilesModule } from '../profiles/profiles.module.js'
import { DiscoveryController } from './discovery.controller.js'
import { ProfileSearch } from './profile-search.js'

@Module({
  imports: [ProfilesModule],
  controllers: [DiscoveryController],
  providers: [ProfileSearch],
})
export class DiscoveryModule {}
