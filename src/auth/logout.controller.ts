import { Controller, HttpCode, Post } from '@nestjs/common'

import { Clock } from '../common/clock.js'
import type { Actor } from '../identity/actor.js'
import { RateLimit } from '../limits/rate-limit.guard.js'
import { CurrentActor } from '../tokens/decorators.js'
import { RevocationFeed } from '../tokens/revocation-feed.js'
import { SessionStore } from '../tokens/session.store.js'
import type { LogoutAnswer } from './auth.schema.js'

/** Ends the whole session: access and refresh tokens, and its connections. */
@Controller('logout')
export class LogoutController {
  constructor(
    private readonly sessions: SessionStore,
    private readonly feed: RevocationFeed,
    private readonly clock: Clock,
  ) {}

  /** The end is on disk before anybody hears of it, and before the answer (CONTRACT §1). */
  @Post()
  @HttpCode(200)
  @RateLimit('logout')
  async logout(@CurrentActor() actor: Actor): Promise<LogoutAnswer> {
    await this.sessions.revoke(actor.sessionId, this.clock.date())
    this.feed.announce({ kind: 'session', sessionId: actor.sessionId })
    return { message: 'Successfully logged out', node_id: actor.node?.nodeId ?? null }
  }
}
