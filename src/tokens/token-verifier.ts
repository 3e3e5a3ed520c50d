import { Injectable } from '@nestjs/common'

import { Clock } from '../common/clock.js'
import type { Actor } from '../identity/actor.js'
import { type AccessToken, AccessTokens } from './access-token.js'
import type { Credentials } from './credentials.js'
import { DpopProofs } from './dpop.js'
import { DpopRequiredError, InvalidDpopProofError } from './dpop.errors.js'
import { RevocationFeed } from './revocation-feed.js'
import { SessionReads } from './session-reads.js'
import { SessionMemory } from './session-memory.js'
import { type Session, SessionStore } from './session.store.js'
import { SocketTickets } from './socket-tickets.js'
import { InvalidTicketError, InvalidTokenError, SessionEndedError } from './tokens.errors.js'

/** The one judge of access tokens, for HTTP and for the socket upgrade. */
@Injectable()
export class TokenVerifier {
  private readonly reads: SessionReads

  constructor(
    private readonly accessTokens: AccessTokens,
    private readonly sessions: SessionStore,
    private readonly memory: SessionMemory,
    private readonly feed: RevocationFeed,
    private readonly dpop: DpopProofs,
    private readonly tickets: SocketTickets,
    private readonly clock: Clock,
  ) {
    this.reads = new SessionReads((ids) => this.sessions.findAll(ids, this.clock.date()))
  }

  /**
   * Who makes this request. The session is read from Postgres, or from what was read within 2 s.
   *
   * @throws InvalidTokenError, TokenExpiredError, SessionEndedError
   * @throws DpopRequiredError, InvalidDpopProofError, UseDpopNonceError  (RFC 9449 §7)
   * @throws UnavailableError  Postgres cannot be asked
   */
  async verify(credentials: Credentials): Promise<Actor> {
    return this.prove(credentials, await this.look(credentials.token))
  }

  /**
   * The same, by Postgres as it is now: for what lasts longer than a request. Another instance may
   * have given the session's node to somebody else a moment ago.
   */
  async verifyAnew(credentials: Credentials): Promise<Actor> {
    return this.prove(credentials, await this.look(credentials.token, 'anew'))
  }

  /**
   * Whose ticket it is, by Postgres as it is now; the ticket is used up. Whoever asked for it has shown
   * the key that the session is bound to, if it is.
   *
   * @throws InvalidTicketError, SessionEndedError, UnavailableError
   */
  async verifyTicket(ticket: string): Promise<Actor> {
    const sessionId = await this.tickets.take(ticket)
    if (sessionId === null) throw new InvalidTicketError()
    const session = await this.find(sessionId)
    if (!session || this.memory.hasEnded(session.actor)) throw new SessionEndedError()
    return session.actor
  }

  /** Who holds the token, if it is bound to a key. */
  private async prove({ token, dpop }: Credentials, { actor }: { actor: Actor }): Promise<Actor> {
    if (dpop === null) {
      if (actor.dpopJkt !== null) throw new DpopRequiredError()
      return actor
    }
    if (actor.dpopJkt === null) {
      throw new InvalidTokenError(
        'this access token is bound to no key: send it as "Authorization: Bearer"',
      )
    }
    const { jkt } = await this.dpop.read({ ...dpop, accessToken: token })
    if (jkt !== actor.dpopJkt) throw new InvalidDpopProofError('other_key')
    return actor
  }

  /**
   * What a token says and whose it is, without asking who holds it: for introspection (RFC 7662).
   *
   * @throws InvalidTokenError, TokenExpiredError, SessionEndedError, UnavailableError
   */
  async look(
    token: string,
    how: 'from memory' | 'anew' = 'from memory',
  ): Promise<{ actor: Actor; token: AccessToken }> {
    const read = this.accessTokens.read(token)
    const { sessionId, accountId } = read
    if (this.memory.hasEnded({ sessionId, accountId })) throw new SessionEndedError()
    const known = how === 'anew' ? null : this.memory.fresh(sessionId)
    const session = known ?? (await this.find(sessionId))
    // An end announced while Postgres was answering wins over the answer.
    if (session?.actor.accountId !== accountId || this.memory.hasEnded(session.actor)) {
      throw new SessionEndedError()
    }
    return { actor: session.actor, token: read }
  }

  private async find(sessionId: string): Promise<Session | null> {
    const since = performance.now()
    const session = await this.reads.find(sessionId)
    // Ended without this instance hearing of it: its connections here must hear of it now.
    if (!session) this.feed.announceHere({ kind: 'session', sessionId })
    // Its node was lost while Postgres was answering: what it answered may be from before.
    else if (this.memory.hasLostNode(session.actor, since)) return this.find(sessionId)
    else this.memory.remember(session)
    return session
  }
}
