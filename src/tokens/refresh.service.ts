import { setTimeout as delay } from 'node:timers/promises'

import { Injectable } from '@nestjs/common'

import { Clock } from '../common/clock.js'
import { UnavailableError } from '../common/hub-error.js'
import { within } from '../common/within.js'
import { DataKey } from '../database/data-key.js'
import { AccessTokens } from './access-token.js'
import { RefreshBatch } from './refresh-batch.js'
import { judgeRefresh, type RefreshVerdict } from './refresh-rule.js'
import { readRefreshToken, type RefreshToken, writeRefreshToken } from './refresh-token.js'
import { RevocationFeed } from './revocation-feed.js'
import { SessionMemory } from './session-memory.js'
import { type Session, SessionStore } from './session.store.js'
import { InvalidRefreshTokenError } from './tokens.errors.js'

/** How long a request for a session unknown here waits for Postgres to come back. */
const HOLD_MS = 3_000
/** How long Postgres may take before a session known here is answered from memory. */
const PATIENCE_MS = 2_000
const RETRY_EVERY_MS = 250

export interface TokenPair {
  readonly accessToken: string
  readonly refreshToken: string
}

/**
 * Begins sessions and refreshes their tokens.
 *
 * One answer to `/refresh` that is not 200, or that is later than 5 s, takes a classic client
 * offline until a person acts (CONTRACT §4.1). So refreshes are judged many at a time, in one
 * transaction however large the storm; and while Postgres is away a session seen here within ten
 * minutes is judged from memory.
 */
@Injectable()
export class RefreshService {
  private readonly batch: RefreshBatch

  constructor(
    private readonly sessions: SessionStore,
    private readonly memory: SessionMemory,
    private readonly accessTokens: AccessTokens,
    private readonly feed: RevocationFeed,
    private readonly dataKey: DataKey,
    private readonly clock: Clock,
  ) {
    this.batch = new RefreshBatch((attempts) => this.sessions.refreshAll(attempts, clock.date()))
  }

  /** A new session and its first tokens. */
  async start(account: {
    accountId: number
    provider: string
    client: string
  }): Promise<TokenPair> {
    const sessionId = await this.sessions.start(account, this.clock.date())
    return this.pair(account.accountId, { sessionId, generation: 0 })
  }

  /**
   * @throws InvalidRefreshTokenError  not ours, ended, or replayed (which ends the session)
   * @throws UnavailableError          Postgres is away and this session was not seen here for 10 min
   */
  async refresh(token: string): Promise<TokenPair> {
    const presented = readRefreshToken(this.dataKey, token)
    if (!presented) throw new InvalidRefreshTokenError()
    const judged = (await this.judgeDurably(presented)) ?? this.judgeFromMemory(presented)
    const { actor } = judged.session
    if (judged.verdict.kind === 'replayed') {
      throw new InvalidRefreshTokenError(
        'this refresh token was used before its successor was: somebody else may hold a copy, so the session has ended: log in again',
      )
    }
    // An end announced while Postgres was answering wins over the answer.
    if (this.memory.hasEnded(actor)) throw new InvalidRefreshTokenError()
    return this.pair(actor.accountId, {
      sessionId: presented.sessionId,
      generation: judged.verdict.issue,
    })
  }

  /** Null when Postgres is away and the session is known here. */
  private async judgeDurably(presented: RefreshToken): Promise<Judged | null> {
    const isKnown = this.memory.known(presented.sessionId) !== null
    const giveUpAt = performance.now() + (isKnown ? PATIENCE_MS : HOLD_MS)
    for (;;) {
      try {
        return await this.ask(presented, giveUpAt - performance.now())
      } catch (error) {
        if (!(error instanceof UnavailableError)) throw error
        if (isKnown) return null
        if (performance.now() + RETRY_EVERY_MS >= giveUpAt) throw error
        await delay(RETRY_EVERY_MS)
      }
    }
  }

  private async ask(presented: RefreshToken, milliseconds: number): Promise<Judged> {
    const attempt = { sessionId: presented.sessionId, presented: presented.generation }
    const result = await within(milliseconds, this.batch.add(attempt), () => new UnavailableError())
    if (result === null || result.verdict.kind === 'replayed') {
      this.feed.announce({ kind: 'session', sessionId: presented.sessionId })
    }
    if (!result) throw new InvalidRefreshTokenError()
    const { session, verdict } = result
    if (verdict.kind !== 'replayed') {
      this.memory.remember(
        verdict.kind === 'advance' ? { ...session, refresh: verdict.state } : session,
      )
    }
    return result
  }

  /**
   * Nothing can be written now, so nothing is committed: a successor presented for the first time
   * is answered with itself, and counts when it is presented again. A replay is refused, and ends
   * the session when it is presented to a Postgres that is back.
   */
  private judgeFromMemory({ sessionId, generation }: RefreshToken): Judged {
    const session = this.memory.known(sessionId)
    if (!session) throw new InvalidRefreshTokenError()
    const verdict = judgeRefresh(session.refresh, generation, this.clock.now())
    if (verdict.kind !== 'advance') return { session, verdict }
    return { session, verdict: { kind: 'late', issue: generation } }
  }

  private async pair(accountId: number, token: RefreshToken): Promise<TokenPair> {
    return {
      accessToken: await this.accessTokens.sign({ accountId, sessionId: token.sessionId }),
      refreshToken: writeRefreshToken(this.dataKey, token),
    }
  }
}

interface Judged {
  readonly session: Session
  readonly verdict: RefreshVerdict
}
