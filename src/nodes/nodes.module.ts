import { Module } from '@nestjs/common'

import { AccountsModule } from '../accounts/accounts.module.js'
import { PresenceModule } from '../presence/presence.module.js'
import { ChallengeStore } from './challenge.store.js'
import { ClassicRegistrationController } from './classic-registration.controller.js'
import { NodeAnnouncer } from './node-announcer.js'
import { NodeOwnership } from './node-ownership.js'
import { NodeLoginController } from './node-login.controller.js'
import { NodeLoginService } from './node-login.service.js'
import { NodeStore } from './node.store.js'
import { NodesController } from './nodes.controller.js'
import { NodesService } from './nodes.service.js'
import { ReleaseService } from './release.service.js'
import { ProofReader } from './proof-reader.js'
import { NodeReplacement } from './rotation/node-replacement.js'
import { PendingRotationStore } from './rotation/pending-rotation.store.js'
import { PendingRotations } from './rotation/pending-rotations.js'
import { RotationService } from './rotation/rotation.service.js'
import { RotationsController } from './rotation/rotations.controller.js'
import { SuccessorStore } from './rotation/successor.store.js'
import { Tombstones } from './tombstones.js'

@Module({
  imports: [AccountsModule, PresenceModule],
  controllers: [
    ClassicRegistrationController,
    NodeLoginController,
    NodesController,
    RotationsController,
  ],
  providers: [
    ChallengeStore,
    NodeAnnouncer,
    NodeLoginService,
    NodeOwnership,
    NodeReplacement,
    NodeStore,
    NodesService,
    PendingRotationStore,
    PendingRotations,
    ProofReader,
    ReleaseService,
    RotationService,
    SuccessorStore,
    Tombstones,
  ],
  exports: [NodeStore, Tombstones],
})
export class NodesModule {}
