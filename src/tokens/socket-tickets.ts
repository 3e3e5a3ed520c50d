import { randomBytes } from 'node:crypto'

import { Injectable } from '@nestjs/common'

import { Clock } from '../common/clock.js'
import { DataKey } from '../database/data-key.js'
import { Database } from '../database/database.js'
import { isForeignKeyViolation } from '../database/postgres-errors.js'
import type { Actor } from '../identity/actor.js'
import { SessionEndedError } from './tokens.errors.js'

/** Time between asking for a ticket and the upgrade it is for (CONTRACT §1). */
const TICKET_SECONDS = 30
const TICKET_BYTES = 32
const TICKET = /^[\w-]{43}$/
const HASH = 'socket ticket'

/**
 * Tickets for the upgrade of one socket: what stands in an address ends up in the logs of proxies, and
 * this is worth nothing by then. Each is found once, whichever instance asks.
 */
@Injectable()
export class SocketTickets {
  constructor(
    private readonly database: Database,
    private readonly dataKey: DataKey,
    private readonly clock: Clock,
  ) {}

  /**
   * Makes a ticket for the caller's session and keeps its keyed hash; housekeeping deletes it if nobody
   * comes.
   *
   * @throws SessionEndedError  the session or its account was deleted meanwhile
   */
  async add({
    accountId,
    sessionId,
  }: Actor): Promise<{ readonly ticket: string; readonly expiresAt: Date }> {
    const ticket = randomBytes(TICKET_BYTES).toString('base64url')
    const expiresAt = new Date(this.clock.now() + TICKET_SECONDS * 1_000)
    try {
      await this.database.rows(
        'INSERT INTO socket_tickets (hash, account_id, session_id, expires_at) VALUES ($1, $2, $3, $4)',
        [this.dataKey.mac(HASH, ticket), accountId, sessionId, expiresAt],
      )
    } catch (error) {
      if (
        isForeignKeyViolation(error, 'socket_tickets_account_id_fkey') ||
        isForeignKeyViolation(error, 'socket_tickets_session_id_fkey')
      ) {
        throw new SessionEndedError()
      }
      throw error
    }
    return { ticket, expiresAt }
  }

  /**
   * Uses the ticket up and resolves with the id of its session; null if there is none, or it is too old.
   * Index: socket_tickets_pkey.
   */
  async take(ticket: string): Promise<string | null> {
    if (!TICKET.test(ticket)) return null
    const [row] = await this.database.rows<{ session_id: string; expires_at: Date }>(
      'DELETE FROM socket_tickets WHERE hash = $1 RETURNING session_id, expires_at',
      [this.dataKey.mac(HASH, ticket)],
    )
    return row && row.expires_at.getTime() > this.clock.now() ? row.session_id : null
  }
}
