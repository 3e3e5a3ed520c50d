import { z } from 'zod'

import type { TokenPair } from './refresh.service.js'

/** What a modern client gets (RFC 6749 §5.1, RFC 9449 §5). */
export const tokenAnswer = z.strictObject({
  access_token: z.string(),
  token_type: z.enum(['Bearer', 'DPoP']),
  /** Seconds. */
  expires_in: z.int(),
  refresh_token: z.string(),
})

export type TokenAnswer = z.output<typeof tokenAnswer>

export function tokenAnswerOf(pair: TokenPair): TokenAnswer {
  return {
    access_token: pair.accessToken,
    token_type: pair.isKeyBound ? 'DPoP' : 'Bearer',
    expires_in: pair.expiresInSeconds,
    refresh_token: pair.refreshToken,
  }
}
