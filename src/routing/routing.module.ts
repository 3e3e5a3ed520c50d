import { Module } from '@nestjs/common'

import { PresenceModule } from '../presence/presence.module.js'
import { Confirmations } from './confirmations.js'
import { ConnectionRegistry } from './connection-registry.js'
import { Forwarder } from './forwarder.js'
import { NodePlaces } from './node-places.js'
import { SignalRouter } from './signal-router.js'

@Module({
  imports: [PresenceModule],
  providers: [Confirmations, ConnectionRegistry, Forwarder, NodePlaces, SignalRouter],
  exports: [Confirmations, ConnectionRegistry, Forwarder, NodePlaces, SignalRouter],
})
export class RoutingModule {}
