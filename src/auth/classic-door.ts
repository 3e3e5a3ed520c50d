import type { TokenPair } from '../tokens/refresh.service.js'
import { LOGIN_FAILURES, LoginFailure } from './auth.errors.js'

/** Where every classic client waits for its login to end. No request can change it (TRUST V01). */
export const CLASSIC_CALLBACK = 'http://127.0.0.1:8080/callback'

/** The way a classic login ends: the address to send the browser to. */
export function classicEnding(outcome: TokenPair | LoginFailure): string {
  const query =
    outcome instanceof LoginFailure
      ? { error: outcome.word, error_description: LOGIN_FAILURES[outcome.word] }
      : { access_token: outcome.accessToken, refresh_token: outcome.refreshToken }
  return `${CLASSIC_CALLBACK}?${new URLSearchParams(query).toString()}`
}
