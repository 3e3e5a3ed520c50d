import { Module } from '@nestjs/common'

import { AccountsModule } from '../accounts/accounts.module.js'
import { NodesModule } from '../nodes/nodes.module.js'
import { PresenceModule } from '../presence/presence.module.js'
import { AccountDeletion } from './account-deletion.js'
import { AccountExporter } from './account-export.js'
import { MeController } from './me.controller.js'
import { NodeNames } from './node-names.js'
import { ProfileStore } from './profile.store.js'
import { ProfilesController } from './profiles.controller.js'
import { ProfilesService } from './profiles.service.js'
import { SearchIndexer } from './search-indexer.js'
import { SkillDictionary } from './skill-dictionary.js'
import { UsersController } from './users.controller.js'

@Module({
  imports: [AccountsModule, NodesModule, PresenceModule],
  controllers: [ProfilesController, UsersController, MeController],
  providers: [
    ...[AccountDeletion, AccountExporter, NodeNames, ProfilesService, ProfileStore],
    ...[SearchIndexer, SkillDictionary],
  ],
  exports: [NodeNames, ProfileStore],
})
export class ProfilesModule {}
