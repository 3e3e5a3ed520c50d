import { CERTIFICATE_ERROR_CODES } from '../identity/certificate.errors.js'

/**
 * Every `error_code` an HTTP answer may carry, with its status (docs/errors.md; a test compares). Some
 * have another one on some routes: an old client expects it, or an RFC does.
 */
const STATUS_BY_CODE = {
  invalid_request: 400,
  invalid_cursor: 400,
  unsupported_media_type: 400,
  body_too_large: 400,
  unknown_provider: 400,
  invalid_login_state: 400,
  invalid_user_code: 400,
  node_taken: [400, 409],
  node_id_collision: [400, 409],
  node_reserved: 400,
  challenge_invalid: [400, 401],
  proof_invalid: 400,
  dpop_key_mismatch: 400,
  invalid_redirect_uri: 400,
  unsupported_response_type: 400,
  invalid_client: [400, 401],
  invalid_grant: 400,
  authorization_pending: 400,
  slow_down: 400,
  access_denied: 400,
  expired_token: 400,
  unsupported_grant_type: 400,
  unauthorized_client: 400,
  prekey_signature_invalid: 400,
  invalid_token: 401,
  token_expired: 401,
  ticket_invalid: 401,
  session_ended: 401,
  invalid_refresh_token: 401,
  node_login_refused: 401,
  invalid_dpop_proof: [401, 400],
  use_dpop_nonce: [401, 400],
  dpop_required: 401,
  fresh_login_required: 403,
  other_node: 403,
  legacy_login_disabled: 403,
  node_not_registered: 403,
  origin_not_allowed: 403,
  not_found: 404,
  profile_not_found: 404,
  session_not_found: 404,
  node_not_found: 404,
  prekeys_not_found: 404,
  prekey_id_reused: 409,
  prekeys_full: 409,
  rate_limited: 429,
  found_limit: 429,
  internal_error: 500,
  unavailable: 503,
  provider_not_configured: 503,
  no_room: 503,
  replaced_too_often: 503,
} as const

export type ErrorCode = keyof typeof STATUS_BY_CODE | (typeof CERTIFICATE_ERROR_CODES)[number]

/** The usual status first. */
export const ERROR_STATUS: ReadonlyMap<string, readonly number[]> = new Map<
  string,
  readonly number[]
>([
  ...Object.entries(STATUS_BY_CODE).map(([code, status]) => [code, [status].flat()] as const),
  ...CERTIFICATE_ERROR_CODES.map((code) => [code, [400]] as const),
])

/** An error of one route: with its usual status, or with another that it has. */
export type ErrorOfRoute = ErrorCode | { readonly code: ErrorCode; readonly status: number }
