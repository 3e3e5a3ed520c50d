import { Injectable } from '@nestjs/common'

import { AuditLog } from '../../audit/audit-log.js'
import { Clock } from '../../common/clock.js'
import { Database } from '../../database/database.js'
import { RevocationFeed } from '../../tokens/revocation-feed.js'
import { SessionStore } from '../../tokens/session.store.js'

/** Codes that come a second time: two parties hold one, so what was made from it ends (RFC 6749 §4.1.2). */
@Injectable()
export class UsedCodes {
  constructor(
    private readonly database: Database,
    private readonly sessions: SessionStore,
    private readonly audit: AuditLog,
    private readonly feed: RevocationFeed,
    private readonly clock: Clock,
  ) {}

  /** Durable before the answer, like every end. */
  async endSessionOf(hash: Buffer): Promise<void> {
    const sessionId = await this.database.transaction(async (queries) => {
      const ended = await this.sessions.revokeByOrigin(hash, this.clock.date(), queries)
      if (!ended) return null
      const { accountId, client } = ended
      await this.audit.record(accountId, 'code_replayed', { client }, queries)
      return ended.sessionId
    })
    if (sessionId !== null) this.feed.announce({ kind: 'session', sessionId })
  }
}
