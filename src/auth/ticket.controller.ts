import { Controller, Post } from '@nestjs/common'

import type { Actor } from '../identity/actor.js'
import { CurrentActor } from '../tokens/decorators.js'
import { SocketTickets } from '../tokens/socket-tickets.js'
import type { TicketAnswer } from './ticket.schema.js'

/** For clients that can put nothing but an address into a WebSocket upgrade, such as browsers. */
@Controller('ws/ticket')
export class TicketController {
  constructor(private readonly tickets: SocketTickets) {}

  @Post()
  async issue(@CurrentActor() actor: Actor): Promise<TicketAnswer> {
    const { ticket, expiresAt } = await this.tickets.add(actor)
    return { ticket, expires_at: expiresAt.toISOString() }
  }
}
