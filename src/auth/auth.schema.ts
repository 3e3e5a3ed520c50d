import { z } from 'zod'

import { isCleanText } from '../common/json.js'

/** An address as a provider writes it (RFC 5321 §4.5.3.1 bounds it); not whether it exists. */
export const emailSchema = z
  .string()
  .trim()
  .max(254)
  .regex(/^[^@\s]+@[^@\s]+$/u)
  .refine(isCleanText)

/**
 * What a provider sends a person back with. Whatever is missing or given twice counts as not there:
 * without a good `state` the callback is refused, and without a code the login has failed.
 */
export const callbackQuery = z.object({
  state: z.string().catch(''),
  code: z.string().min(1).max(4_096).nullable().catch(null),
  error: z.string().nullable().catch(null),
})

export type CallbackQuery = z.output<typeof callbackQuery>

/** POST /refresh. */
export const refreshBody = z
  .object({ refresh_token: z.string().min(1).max(4_096) })
  .transform((body) => ({ refreshToken: body.refresh_token }))

export type Refresh = z.output<typeof refreshBody>

/** POST /refresh. */
export const tokensAnswer = z.strictObject({
  access_token: z.string(),
  /** In lower case for classic clients; `DPoP` for a session that is bound to a key. */
  token_type: z.enum(['bearer', 'DPoP']),
  refresh_token: z.string(),
})

export type TokensAnswer = z.output<typeof tokensAnswer>

/** POST /logout. */
export const logoutAnswer = z.strictObject({ message: z.string(), node_id: z.string().nullable() })

export type LogoutAnswer = z.output<typeof logoutAnswer>
