import { Module } from '@nestjs/common'

import { IceModule } from '../ice/ice.module.js'
import { RoutingModule } from '../routing/routing.module.js'
import { OpenRequests } from '../sockets/open-requests.js'
import { Admissions } from './admissions.js'
import { CallConfirmations } from './calls/call-confirmations.js'
import { CallDeliveries } from './calls/call-deliveries.js'
import { CallLinks } from './calls/call-links.js'
import { CallSignals } from './calls/call-signals.js'
import { Calls } from './calls/calls.js'
import { HeldCalls } from './calls/held-calls.js'
import { ConnectionKeeper } from './connection-keeper.js'
import { Deliveries } from './deliveries.js'
import { Drain } from './drain.js'
import { Endings } from './endings.js'
import { Greetings } from './greetings.js'
import { IceRenewals } from './ice-renewals.js'
import { Liveness } from './liveness.js'
import { PingIntervals } from './ping-intervals.js'
import { RemoteSignals } from './remote-signals.js'
import { Resumer } from './resumer.js'
import { Resumptions } from './resumptions.js'
import { SessionWatch } from './session-watch.js'
import { SignalingGateway } from './signaling.gateway.js'
import { Departures } from './watches/departures.js'
import { PresenceNews } from './watches/presence-news.js'
import { RemoteNodes } from './watches/remote-nodes.js'
import { Watches } from './watches/watches.js'

@Module({
  imports: [IceModule, RoutingModule],
  providers: [
    Admissions,
    CallConfirmations,
    CallDeliveries,
    CallLinks,
    CallSignals,
    Calls,
    ConnectionKeeper,
    Deliveries,
    Departures,
    Drain,
    Endings,
    Greetings,
    HeldCalls,
    IceRenewals,
    Liveness,
    OpenRequests,
    PingIntervals,
    PresenceNews,
    RemoteNodes,
    RemoteSignals,
    Resumer,
    Resumptions,
    SessionWatch,
    SignalingGateway,
    Watches,
  ],
})
export class SignalingModule {}
