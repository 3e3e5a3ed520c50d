import { Injectable } from '@nestjs/common'

import { Clock } from '../common/clock.js'
import type { Actor } from '../identity/actor.js'
import { AccessTokens } from './access-token.js'
import { RevocationFeed } from './revocation-feed.js'
import { SessionMemory } from './session-memory.js'
import { type Session, SessionStore } from './session.store.js'
import { SessionEndedError } from './tokens.errors.js'

/** The one judge of access tokens, for HTTP and for the socket upgrade. */
@Injectable()
export class TokenVerifier {
  constructor(
    private readonly accessTokens: AccessTokens,
    private readonly sessions: SessionStore,
    private readonly memory: SessionMemory,
    private readonly feed: RevocationFeed,
    private readonly clock: Clock,
  ) {}

  /**
   * Who holds this token. The session is read from Postgres, or from what was read within 2 s.
   *
   * @throws InvalidTokenError, TokenExpiredError, SessionEndedError
   * @throws UnavailableError  Postgres cannot be asked
   */
  async verify(token: string): Promise<Actor> {
    const { sessionId, accountId } = await this.accessTokens.read(token)
    if (this.memory.hasEnded({ sessionId, accountId })) throw new SessionEndedError()
    const session = this.memory.fresh(sessionId) ?? (await this.find(sessionId))
    // An end announced while Postgres was answering wins over the answer.
    if (session?.actor.accountId !== accountId || this.memory.hasEnded(session.actor)) {
      throw new SessionEndedError()
    }
    return session.actor
  }

  private async find(sessionId: string): Promise<Session | null> {
    const session = await this.sessions.find(sessionId, this.clock.date())
    if (session) this.memory.remember(session)
    // Ended without this instance hearing of it: its connections here must hear of it now.
    else this.feed.announce({ kind: 'session', sessionId })
    return session
  }
}
