import { Module } from '@nestjs/common'

import { RoutingModule } from '../routing/routing.module.js'
import { Admissions } from './admissions.js'
import { ConnectionKeeper } from './connection-keeper.js'
import { SessionWatch } from './session-watch.js'
import { SignalingGateway } from './signaling.gateway.js'

@Module({
  imports: [RoutingModule],
  providers: [Admissions, ConnectionKeeper, SessionWatch, SignalingGateway],
})
export class SignalingModule {}
