import { z } from 'zod'

/** base64url of a SHA-256: a PKCE S256 challenge (RFC 7636 §4.2), a key's thumbprint (RFC 7638). */
const sha256 = z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'expected 43 characters of base64url')

/** What a client asks for, when it may and says it right: what becomes of the login. */
export const authorizationRequest = z.object({
  client: z.enum(['desktop', 'web']),
  redirectUri: z.string(),
  codeChallenge: sha256,
  /** The client's own `state`. */
  clientState: z.string(),
  dpopJkt: sha256.nullable(),
})

export type AuthorizationRequest = z.output<typeof authorizationRequest>

/** Any visible ASCII (RFC 6749 Appendix A.5). */
const clientState = z
  .string()
  .min(1)
  .max(512)
  .regex(/^[\x20-\x7e]+$/, 'expected visible ASCII characters')

/**
 * The parameters of `GET /oauth/authorize` besides client and redirect URI. One given twice is a list,
 * and refused (RFC 6749 §3.1); unknown ones are ignored.
 */
export const authorizeQuery = z.object({
  state: clientState,
  response_type: z.string(),
  code_challenge: sha256,
  code_challenge_method: z.literal('S256', 'expected S256: plain is not taken'),
  dpop_jkt: sha256.optional(),
  provider: z.string().optional(),
})
