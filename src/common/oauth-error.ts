import type { HubError } from './hub-error.js'

/** Codes of ours that an RFC has too: RFC 6749 §4.1.2.1 and §5.2, RFC 6750 §3.1, RFC 8628 §3.5, RFC 9449 §12.2. */
const REGISTERED = new Set([
  'invalid_request',
  'invalid_client',
  'unauthorized_client',
  'invalid_grant',
  'unsupported_grant_type',
  'unsupported_response_type',
  'invalid_token',
  'authorization_pending',
  'slow_down',
  'access_denied',
  'expired_token',
  'invalid_dpop_proof',
  'use_dpop_nonce',
])

/** Routes whose callers read OAuth's errors, whatever went wrong there, an unreadable body too. */
const PATHS = /^\/(?:token|oauth\/\w+)$/

/** The two fields that OAuth clients read, beside those of every error (RFC 6749 §5.2); none elsewhere. */
export function oauthFields(
  error: HubError,
  path: string | undefined,
): { error?: string; error_description?: string } {
  if (path === undefined || !PATHS.test(path)) return {}
  return { error: oauthErrorOf(error), error_description: asciiOf(error.message) }
}

export function oauthErrorOf({ code, status }: HubError): string {
  if (REGISTERED.has(code)) return code
  if (status === 429 || status === 503) return 'temporarily_unavailable'
  if (status >= 500) return 'server_error'
  return status === 401 ? 'invalid_token' : 'invalid_request'
}

/** RFC 6749 §5.2: no quotes, no backslash, nothing beyond visible ASCII. */
export function asciiOf(text: string): string {
  return text.replaceAll('"', "'").replace(/[^\x20-\x5b\x5d-\x7e]/g, '?')
}
