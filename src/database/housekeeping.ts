import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common'

import { Clock } from '../common/clock.js'
import { UnavailableError } from '../common/hub-error.js'
import { Logger } from '../common/logger.js'
import { Database } from './database.js'

const EVERY_MS = 10 * 60_000

/** What is past its time goes. Each statement has an index on the column it compares. */
const EXPIRED = [
  'DELETE FROM sessions WHERE expires_at < $1',
  'DELETE FROM login_states WHERE expires_at < $1',
  'DELETE FROM node_tombstones WHERE until < $1',
  'DELETE FROM authorization_codes WHERE expires_at < $1',
  // A device that polls is told for a while that its code has expired: to it, unknown is something else.
  "DELETE FROM device_codes WHERE expires_at < $1::timestamptz - interval '15 minutes'",
  'DELETE FROM challenges WHERE expires_at < $1',
  'DELETE FROM socket_tickets WHERE expires_at < $1',
  "DELETE FROM audit_events WHERE at < $1::timestamptz - interval '90 days'",
  "DELETE FROM prekeys WHERE claimed_at < $1::timestamptz - interval '90 days'",
] as const

/** Deletes what has expired, every ten minutes. Several instances may do so at once. */
@Injectable()
export class Housekeeping implements OnModuleInit, OnModuleDestroy {
  private timer: NodeJS.Timeout | null = null

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  onModuleInit(): void {
    this.timer = setInterval(() => {
      this.sweep().catch((error: unknown) => this.logger.error(error))
    }, EVERY_MS)
    this.timer.unref()
  }

  onModuleDestroy(): void {
    if (this.timer) clearInterval(this.timer)
  }

  /** Once more in ten minutes if Postgres is away now. */
  async sweep(): Promise<void> {
    try {
      for (const statement of EXPIRED) await this.database.rows(statement, [this.clock.date()])
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error
    }
  }
}
