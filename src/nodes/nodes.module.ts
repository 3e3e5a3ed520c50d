import { Module } from '@nestjs/common'

import { AccountsModule } from '../accounts/accounts.module.js'
import { PresenceModule } from '../presence/presence.module.js'
import { ChallengeStore } from './challenge.store.js'
import { ClassicRegistrationController } from './classic-registration.controller.js'
import { NodeOwnership } from './node-ownership.js'
import { NodeLoginController } from './node-login.controller.js'
import { NodeLoginService } from './node-login.service.js'
import { NodeStore } from './node.store.js'
import { NodesController } from './nodes.controller.js'
import { NodesService } from './nodes.service.js'
import { ReleaseService } from './release.service.js'
import { ProofReader } from './proof-reader.js'
import { Tombstones } from './tombstones.js'

@Module({
  imports: [AccountsModule, PresenceModule],
  controllers: [ClassicRegistrationController, NodeLoginController, NodesController],
  providers: [
    ChallengeStore,
    NodeLoginService,
    NodeOwnership,
    NodeStore,
    NodesService,
    ReleaseService,
    ProofReader,
    Tombstones,
  ],
  exports: [NodeStore, Tombstones],
})
export class NodesModule {}
