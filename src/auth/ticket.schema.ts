import { z } from 'zod'

/** POST /ws/ticket. */
export const ticketAnswer = z.strictObject({
  ticket: z.string().meta({ description: 'For `/ws/signal?ticket=`, once' }),
  expires_at: z.iso.datetime(),
})

export type TicketAnswer = z.output<typeof ticketAnswer>
