import { z } from 'zod'

/** POST /oauth/introspect (RFC 7662 §2.2). Times in seconds since the epoch. */
export const introspectionAnswer = z.union([
  z.strictObject({ active: z.literal(false) }),
  z.strictObject({
    active: z.literal(true),
    client_id: z.string(),
    token_type: z.enum(['Bearer', 'DPoP']),
    token_use: z.enum(['access', 'refresh']),
    iss: z.string(),
    sub: z.string(),
    sid: z.string(),
    exp: z.int(),
    iat: z.int().optional(),
    jti: z.string().optional(),
    aud: z.string().optional(),
    node_id: z.string().optional(),
    cnf: z.strictObject({ jkt: z.string() }).optional(),
  }),
])

export type IntrospectionAnswer = z.output<typeof introspectionAnswer>

/** POST /oauth/revoke (RFC 7009 §2.2): the status says it all. */
export const revocationAnswer = z.strictObject({})

export type RevocationAnswer = z.output<typeof revocationAnswer>
