import { Global, Module } from '@nestjs/common'

import { AccessTokens } from './access-token.js'
import { AccountSessions } from './account-sessions.js'
import { ConnectedNodes } from './connected-nodes.js'
import { DpopProofs } from './dpop.js'
import { NodeSessions } from './node-sessions.js'
import { NodeSightings } from './node-sightings.js'
import { NoticeFeed } from './notice-feed.js'
import { RefreshService } from './refresh.service.js'
import { RegistrationFeed } from './registration-feed.js'
import { RevocationFeed } from './revocation-feed.js'
import { SessionMemory } from './session-memory.js'
import { SessionStore } from './session.store.js'
import { SocketTickets } from './socket-tickets.js'
import { TokenVerifier } from './token-verifier.js'
import { VisibilityFeed } from './visibility-feed.js'

@Global()
@Module({
  providers: [
    AccessTokens,
    AccountSessions,
    ConnectedNodes,
    DpopProofs,
    NodeSessions,
    NodeSightings,
    NoticeFeed,
    RefreshService,
    RegistrationFeed,
    RevocationFeed,
    SessionMemory,
    SessionStore,
    SocketTickets,
    TokenVerifier,
    VisibilityFeed,
  ],
  exports: [
    AccountSessions,
    ConnectedNodes,
    DpopProofs,
    NodeSessions,
    NodeSightings,
    NoticeFeed,
    RefreshService,
    RegistrationFeed,
    RevocationFeed,
    SessionMemory,
    SessionStore,
    SocketTickets,
    TokenVerifier,
    VisibilityFeed,
  ],
})
export class TokensModule {}
