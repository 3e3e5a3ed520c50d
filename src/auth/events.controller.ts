import { Controller, Get } from '@nestjs/common'

import { AuditLog } from '../audit/audit-log.js'
import type { Actor } from '../identity/actor.js'
import { CurrentActor } from '../tokens/decorators.js'
import type { EventsAnswer } from './sessions.schema.js'

/** What happened to the caller's account: logins, ends, nodes won and lost. */
@Controller('me/events')
export class EventsController {
  constructor(private readonly audit: AuditLog) {}

  @Get()
  async list(@CurrentActor() { accountId }: Actor): Promise<EventsAnswer> {
    const events = await this.audit.list(accountId)
    return { events: events.map((event) => ({ ...event, at: event.at.toISOString() })) }
  }
}
