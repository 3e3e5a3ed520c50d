import { Module } from '@nestjs/common'

import { IceModule } from '../ice/ice.module.js'
import { RoutingModule } from '../routing/routing.module.js'
import { Admissions } from './admissions.js'
import { Calls } from './calls/calls.js'
import { ConnectionKeeper } from './connection-keeper.js'
import { Deliveries } from './deliveries.js'
import { Greetings } from './greetings.js'
import { Resumptions } from './resumptions.js'
import { SessionWatch } from './session-watch.js'
import { IceRenewals } from './ice-renewals.js'
import { Liveness } from './liveness.js'
import { PingIntervals } from './ping-intervals.js'
import { SignalingGateway } from './signaling.gateway.js'
import { Watches } from './watches.js'

@Module({
  imports: [IceModule, RoutingModule],
  providers: [
    Admissions,
    Calls,
    ConnectionKeeper,
    Deliveries,
    Greetings,
    IceRenewals,
    Liveness,
    PingIntervals,
    Resumptions,
    SessionWatch,
    SignalingGateway,
    Watches,
  ],
})
export class SignalingModule {}
