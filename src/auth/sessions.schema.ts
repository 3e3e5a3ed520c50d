import { z } from 'zod'

/** DELETE /sessions/{session_id}. */
export const sessionParams = z.object({
  session_id: z.uuid('expected the id of a session, as GET /sessions has it').toLowerCase(),
})

export type SessionParams = z.output<typeof sessionParams>

/** DELETE /sessions. Strict: a `keep` with a slip in it must not end the caller's session. */
export const endSessionsQuery = z.strictObject({
  keep: z.literal('current', 'expected "current", or nothing').optional(),
})

export type EndSessionsQuery = z.output<typeof endSessionsQuery>

/** GET /sessions. Times are to the hour, rounded down. */
export const sessionsAnswer = z.strictObject({
  sessions: z.array(
    z.strictObject({
      id: z.uuid(),
      current: z.boolean(),
      client: z.string(),
      provider: z.string(),
      place: z.string().nullable(),
      node: z
        .strictObject({
          node_id: z.string(),
          label: z.string().nullable(),
          proven: z.boolean(),
        })
        .nullable(),
      dpop_bound: z.boolean(),
      created_at: z.iso.datetime(),
      last_used_at: z.iso.datetime(),
      expires_at: z.iso.datetime(),
    }),
  ),
})

export type SessionsAnswer = z.output<typeof sessionsAnswer>

/** GET /me/events. Times are to the minute. */
export const eventsAnswer = z.strictObject({
  events: z.array(
    z.strictObject({
      kind: z.string(),
      at: z.iso.datetime(),
      detail: z.record(z.string(), z.union([z.string(), z.number(), z.null()])),
    }),
  ),
})

export type EventsAnswer = z.output<typeof eventsAnswer>
