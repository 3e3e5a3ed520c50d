import { Module } from '@nestjs/common'

import { PresenceModule } from '../presence/presence.module.js'
import { ConnectionRegistry } from './connection-registry.js'
import { SignalRouter } from './signal-router.js'

@Module({
  imports: [PresenceModule],
  providers: [ConnectionRegistry, SignalRouter],
  exports: [ConnectionRegistry, SignalRouter],
})
export class RoutingModule {}
