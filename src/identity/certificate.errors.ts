import { HubError } from '../common/hub-error.js'

/** Why a node id, public key or certificate is refused: one code per check (CONTRACT §2). */
export const CERTIFICATE_ERROR_CODES = [
  'node_id_malformed',
  'node_id_mismatch',
  'private_key_sent',
  'public_key_too_large',
  'public_key_malformed',
  'public_key_not_canonical',
  'public_key_mismatch',
  'certificate_too_large',
  'certificate_malformed',
  'certificate_not_v3',
  'certificate_serial_invalid',
  'certificate_extension_duplicate',
  'certificate_extension_unsupported',
  'certificate_not_self_signed',
  'common_name_missing',
  'common_name_not_single',
  'common_name_encoding',
  'common_name_mismatch',
  'certificate_validity_malformed',
  'certificate_validity_too_long',
  'certificate_not_yet_valid',
  'certificate_expired',
  'key_malformed',
  'key_not_canonical',
  'key_algorithm_unsupported',
  'key_size_unsupported',
  'key_exponent_unsupported',
  'key_weak_small_factor',
  'key_weak_roca',
  'key_weak_close_primes',
  'key_weak_not_two_primes',
  'key_weak_small_order',
  'key_compromised',
  'certificate_signature_algorithm',
  'certificate_signature_invalid',
] as const

export type CertificateErrorCode = (typeof CERTIFICATE_ERROR_CODES)[number]

/** A certificate or key that fails a check. `code` names the check, the detail says what it wanted and found. */
export class CertificateError extends HubError {
  readonly status = 400

  constructor(
    readonly code: CertificateErrorCode,
    detail: string,
    options?: ErrorOptions,
  ) {
    super(detail, options)
  }
}

/** A stranger's text for a detail: at most 64 characters, quoted, only printable ASCII. */
export function shown(text: string): string {
  const escaped = JSON.stringify(text.slice(0, 64)).replace(
    /[^\x20-\x7e]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  return escaped.length <= 66 ? escaped : `${escaped.slice(0, 62)}..."`
}
