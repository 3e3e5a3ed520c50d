import { z } from 'zod'

export const CODE_GRANT = 'authorization_code'
export const REFRESH_GRANT = 'refresh_token'
export const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code'
export const GRANTS = [CODE_GRANT, REFRESH_GRANT, DEVICE_GRANT] as const

/** A parameter given twice is a list, and refused (RFC 6749 §3.2). Empty counts as left out. */
const parameter = z
  .string()
  .max(4_096)
  .transform((value) => (value === '' ? undefined : value))
const optional = parameter.optional()
/** A parameter that has to be there. */
export const required = parameter
  .refine((value) => value !== undefined, 'is missing')
  .transform(String)

/** What every request to the token endpoint says. The rest depends on the grant. */
export const tokenBody = z.looseObject({
  grant_type: required,
  client_id: optional,
  client_secret: z.unknown().optional(),
  client_assertion: z.unknown().optional(),
})

/** RFC 6749 §4.1.3, RFC 7636 §4.5. */
export const codeBody = z.object({
  code: required,
  redirect_uri: required,
  client_id: required,
  code_verifier: required.pipe(
    z
      .string()
      .regex(
        /^[A-Za-z0-9._~-]{43,128}$/,
        'expected 43 to 128 characters of A-Z a-z 0-9 - . _ ~ (RFC 7636)',
      ),
  ),
})

export type CodeBody = z.output<typeof codeBody>

/** RFC 6749 §6. */
export const refreshGrantBody = z.object({ refresh_token: required, client_id: optional })

/** RFC 7009 §2.1, RFC 7662 §2.1. A wrong hint does no harm. */
export const tokenParameter = z.object({ token: required })

export type TokenParameter = z.output<typeof tokenParameter>
