import { Controller, Delete, Get, HttpCode, Param, Query } from '@nestjs/common'

import { Clock } from '../common/clock.js'
import type { Actor } from '../identity/actor.js'
import { RateLimit } from '../limits/rate-limit.guard.js'
import { AccountSessions, type ListedSession } from '../tokens/account-sessions.js'
import { CurrentActor } from '../tokens/decorators.js'
import { requireFreshLogin } from '../tokens/fresh-login.js'
import { SessionNotFoundError } from './sessions.errors.js'
import {
  type EndSessionsQuery,
  endSessionsQuery,
  type SessionParams,
  sessionParams,
  type SessionsAnswer,
} from './sessions.schema.js'

const HOUR_MS = 3_600_000

/** The sessions of the caller's account: who is logged in, and making them stop. */
@Controller('sessions')
export class SessionsController {
  constructor(
    private readonly sessions: AccountSessions,
    private readonly clock: Clock,
  ) {}

  @Get()
  async list(@CurrentActor() { accountId, sessionId }: Actor): Promise<SessionsAnswer> {
    const sessions = await this.sessions.list(accountId)
    return { sessions: sessions.map((session) => answerOf(session, sessionId)) }
  }

  /** Whoever holds the account may end any session of it at once: no fresh login is asked for. */
  @Delete(':session_id')
  @HttpCode(204)
  async end(
    @CurrentActor() { accountId }: Actor,
    @Param({ schema: sessionParams }) params: SessionParams,
  ): Promise<void> {
    const hasEnded = await this.sessions.end(accountId, params.session_id)
    if (!hasEnded) throw new SessionNotFoundError()
  }

  /** Throws a thief out. A fresh login, so that a thief's token is not enough to throw the owner out. */
  @Delete()
  @HttpCode(204)
  @RateLimit('delete')
  async endAll(
    @CurrentActor() actor: Actor,
    @Query({ schema: endSessionsQuery }) { keep }: EndSessionsQuery,
  ): Promise<void> {
    requireFreshLogin(actor, this.clock.now())
    await this.sessions.endAll(actor.accountId, keep === 'current' ? actor.sessionId : null)
  }
}

function answerOf(session: ListedSession, currentId: string): SessionsAnswer['sessions'][number] {
  const { id, client, provider, place, node, isKeyBound } = session
  return {
    id,
    current: id === currentId,
    client,
    provider,
    place,
    node: node && { node_id: node.nodeId, label: node.label, proven: node.isProven },
    dpop_bound: isKeyBound,
    created_at: toTheHour(session.createdAt),
    last_used_at: toTheHour(session.lastUsedAt),
    expires_at: toTheHour(session.expiresAt),
  }
}

function toTheHour(time: Date): string {
  return new Date(Math.floor(time.getTime() / HOUR_MS) * HOUR_MS).toISOString()
}
