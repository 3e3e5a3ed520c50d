import { Controller, HttpCode, Post } from '@nestjs/common'

import type { Actor } from '../identity/actor.js'
import { RateLimit } from '../limits/rate-limit.guard.js'
import { AccountSessions } from '../tokens/account-sessions.js'
import { CurrentActor } from '../tokens/decorators.js'
import { RevocationFeed } from '../tokens/revocation-feed.js'
import type { LogoutAnswer } from './auth.schema.js'

/** Ends the whole session: access and refresh tokens, and its connections. */
@Controller('logout')
export class LogoutController {
  constructor(
    private readonly sessions: AccountSessions,
    private readonly feed: RevocationFeed,
  ) {}

  /** The end is on disk before anybody hears of it, and before the answer (CONTRACT §1). */
  @Post()
  @HttpCode(200)
  @RateLimit('logout')
  async logout(@CurrentActor() { accountId, sessionId, node }: Actor): Promise<LogoutAnswer> {
    const hasEnded = await this.sessions.end(accountId, sessionId)
    // Ended by another instance a moment ago: this one hears of it now.
    if (!hasEnded) this.feed.announce({ kind: 'session', sessionId })
    return { message: 'Successfully logged out', node_id: node?.nodeId ?? null }
  }
}
