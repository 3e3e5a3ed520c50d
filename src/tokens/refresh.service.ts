import { setTimeout as delay } from 'node:timers/promises'

import { Injectable } from '@nestjs/common'

import { Clock } from '../common/clock.js'
import { UnavailableError } from '../common/hub-error.js'
import { within } from '../common/within.js'
import { DataKey } from '../database/data-key.js'
import type { Queries } from '../database/database.js'
import type { Actor } from '../identity/actor.js'
import { AccessTokens } from './access-token.js'
import { RefreshBatch } from './refresh-batch.js'
import { judgeRefresh } from './refresh-rule.js'
import { readRefreshToken, type RefreshToken, writeRefreshToken } from './refresh-token.js'
import { RevocationFeed } from './revocation-feed.js'
import { SessionMemory } from './session-memory.js'
import {
  type AttemptVerdict,
  judgeAttempt,
  type Presenter,
  type RefreshAttempt,
  type RefreshResult,
  type Session,
  type SessionStart,
  SessionStore,
} from './session.store.js'
import { DpopRequiredError } from './dpop.errors.js'
import { InvalidRefreshTokenError } from './tokens.errors.js'

/** How long a request for a session unknown here waits for Postgres to come back. */
const HOLD_MS = 3_000
/** How long it waits for a Postgres that is there, and slow: never later than 4 s (CONTRACT §1). */
const SLOW_MS = 3_900
/** How long Postgres may take before a session known here is answered from memory. */
const PATIENCE_MS = 2_000
const RETRY_EVERY_MS = 250

export interface TokenPair {
  readonly accessToken: string
  readonly refreshToken: string
  /** The access token's life. */
  readonly expiresInSeconds: number
  /** Neither token is any good without proofs by the session's key (RFC 9449). */
  readonly isKeyBound: boolean
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

  /**
   * A new session and its first tokens.
   *
   * @param queries the caller's transaction, when what the session is made from is used up in it
   */
  async start(start: SessionStart, queries?: Queries): Promise<TokenPair> {
    const sessionId = await this.sessions.start(start, this.clock.date(), queries)
    const { accountId, dpopJkt = null } = start
    return this.pair({ accountId, dpopJkt }, { sessionId, generation: 0 })
  }

  /**
   * @param by who presents the token, as far as the caller has made sure of it
   * @throws InvalidRefreshTokenError  not ours, ended, of another client, or replayed (which ends the session)
   * @throws DpopRequiredError         the session is bound to a key, and another or none has signed
   * @throws UnavailableError          Postgres is away and this session was not seen here for 10 min
   */
  async refresh(token: string, by: Presenter = {}): Promise<TokenPair> {
    const presented = readRefreshToken(this.dataKey, token)
    if (!presented) throw new InvalidRefreshTokenError()
    const { sessionId, generation } = presented
    const attempt = { sessionId, presented: generation, by }
    const judged = (await this.judgeDurably(attempt)) ?? this.judgeFromMemory(attempt)
    const { actor } = judged.session
    const issue = issueOf(judged.verdict)
    // An end announced while Postgres was answering wins over the answer.
    if (this.memory.hasEnded(actor)) throw new InvalidRefreshTokenError()
    return this.pair(actor, { sessionId, generation: issue })
  }

  /**
   * The session a refresh token is good for now, without using it: for introspection (RFC 7662) and
   * revocation (RFC 7009). Null for a token that would be refused.
   */
  async look(token: string): Promise<Session | null> {
    const presented = readRefreshToken(this.dataKey, token)
    const session = presented && (await this.sessions.find(presented.sessionId, this.clock.date()))
    if (!session || this.memory.hasEnded(session.actor)) return null
    const { kind } = judgeRefresh(session.refresh, presented.generation, this.clock.now())
    return kind === 'replayed' ? null : session
  }

  /** Null when Postgres is away and the session is known here. */
  private async judgeDurably(attempt: RefreshAttempt): Promise<RefreshResult | null> {
    const isKnown = this.memory.known(attempt.sessionId) !== null
    const since = performance.now()
    const giveUpAt = since + HOLD_MS
    let lateAt = since + (isKnown ? PATIENCE_MS : SLOW_MS)
    for (;;) {
      try {
        return await this.ask(attempt, lateAt - performance.now())
      } catch (error) {
        if (!(error instanceof UnavailableError)) throw error
        if (isKnown) return null
        lateAt = giveUpAt
        if (performance.now() + RETRY_EVERY_MS >= giveUpAt) throw error
        await delay(RETRY_EVERY_MS)
      }
    }
  }

  private async ask(attempt: RefreshAttempt, milliseconds: number): Promise<RefreshResult> {
    const result = await within(milliseconds, this.batch.add(attempt), () => new UnavailableError())
    if (result === null || result.verdict.kind === 'replayed') {
      this.feed.announce({ kind: 'session', sessionId: attempt.sessionId })
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
  private judgeFromMemory(attempt: RefreshAttempt): RefreshResult {
    const session = this.memory.known(attempt.sessionId)
    if (!session) throw new InvalidRefreshTokenError()
    const verdict = judgeAttempt(session, attempt, this.clock.now())
    if (verdict.kind !== 'advance') return { session, verdict }
    return { session, verdict: { kind: 'late', issue: attempt.presented } }
  }

  private pair(
    { accountId, dpopJkt }: Pick<Actor, 'accountId' | 'dpopJkt'>,
    token: RefreshToken,
  ): TokenPair {
    const { sessionId } = token
    return {
      accessToken: this.accessTokens.sign({ accountId, sessionId }, dpopJkt),
      refreshToken: writeRefreshToken(this.dataKey, token),
      expiresInSeconds: this.accessTokens.lifeSeconds,
      isKeyBound: dpopJkt !== null,
    }
  }
}

/** The generation to give out. @throws InvalidRefreshTokenError, DpopRequiredError */
function issueOf(verdict: AttemptVerdict): number {
  switch (verdict.kind) {
    case 'replayed':
      throw new InvalidRefreshTokenError(
        'this refresh token was used before its successor was: somebody else may hold a copy, so the session has ended: log in again',
      )
    case 'other_client':
      throw new InvalidRefreshTokenError('this refresh token was issued to another client')
    case 'other_key':
      throw new DpopRequiredError()
    default:
      return verdict.issue
  }
}
