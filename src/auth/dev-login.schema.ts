import { z } from 'zod'

import { emailSchema } from './auth.schema.js'

/** What the hub's own strategies put into the address of the page (RFC 6749 §4.1.1, RFC 7636). */
export const authorizeQuery = z
  .object({
    response_type: z.literal('code'),
    redirect_uri: z.string().max(2_048),
    state: z.string().min(1).max(512),
    code_challenge: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
    code_challenge_method: z.literal('S256'),
  })
  .transform((query) => ({
    redirectUri: query.redirect_uri,
    state: query.state,
    challenge: query.code_challenge,
  }))

export type Authorize = z.output<typeof authorizeQuery>

/** The form of the page. */
export const decisionBody = z.discriminatedUnion('decision', [
  z.object({ decision: z.literal('allow'), email: emailSchema }),
  z.object({ decision: z.literal('deny') }),
])

export type Decision = z.output<typeof decisionBody>

/** RFC 6749 §4.1.3, RFC 7636 §4.5. */
export const tokenBody = z
  .object({
    grant_type: z.literal('authorization_code'),
    code: z.string(),
    redirect_uri: z.string(),
    client_secret: z.string(),
    code_verifier: z.string().min(43).max(128),
  })
  .transform((body) => ({
    code: body.code,
    redirectUri: body.redirect_uri,
    clientSecret: body.client_secret,
    verifier: body.code_verifier,
  }))

export type TokenRequest = z.output<typeof tokenBody>
