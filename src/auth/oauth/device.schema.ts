import { z } from 'zod'

import { LOGIN_FAILURES, type LoginFailureWord } from '../auth.errors.js'
import { required } from './token.schema.js'

/** Whatever a person typed; what is missing, given twice or very long is no code, and told as such. */
const typedCode = z.string().max(64).catch('')

const isFailureWord = (word: string | null): word is LoginFailureWord =>
  word !== null && Object.hasOwn(LOGIN_FAILURES, word)

/** GET /device. */
export const devicePageQuery = z
  .object({
    user_code: typedCode,
    /** How a login for a device failed. */
    error: z.string().nullable().catch(null),
  })
  .transform((query) => ({
    typed: query.user_code,
    failure: isFailureWord(query.error) ? query.error : null,
  }))

export type DevicePageQuery = z.output<typeof devicePageQuery>

/** POST /device. */
export const userCodeBody = z
  .object({ user_code: typedCode })
  .transform((body) => ({ typed: body.user_code }))

export type UserCodeBody = z.output<typeof userCodeBody>

/** GET /device/confirm: a state that cannot be one is refused like one that is over. */
export const confirmationQuery = z.object({ state: z.string().max(64).catch('') })

export type ConfirmationQuery = z.output<typeof confirmationQuery>

/** POST /device/confirm. */
export const confirmationBody = confirmationQuery.extend({
  decision: z.enum(['approve', 'deny']),
})

export type ConfirmationBody = z.output<typeof confirmationBody>

/** POST /oauth/device (RFC 8628 §3.1). Other parameters are ignored, `scope` too: there are none here. */
export const deviceAuthorizationBody = z.object({
  client_id: required,
  client_secret: z.unknown().optional(),
  client_assertion: z.unknown().optional(),
})

export type DeviceAuthorizationBody = z.output<typeof deviceAuthorizationBody>

/** POST /token with the device code grant (RFC 8628 §3.4). */
export const deviceBody = z.object({ device_code: required, client_id: required })

export type DeviceBody = z.output<typeof deviceBody>

/** POST /oauth/device (RFC 8628 §3.2). */
export const deviceAuthorizationAnswer = z.strictObject({
  device_code: z.string(),
  user_code: z.string(),
  verification_uri: z.string(),
  verification_uri_complete: z.string(),
  /** Seconds. */
  expires_in: z.int(),
  /** Seconds between two polls. */
  interval: z.int(),
})

export type DeviceAuthorizationAnswer = z.output<typeof deviceAuthorizationAnswer>
