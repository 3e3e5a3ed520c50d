import { HubError } from '../common/hub-error.js'
import { DPOP_ALGORITHMS } from './dpop-key.js'

/** What can be wrong with a proof, and what its sender does about it. */
const FAULTS = {
  missing: 'the request needs exactly one DPoP header',
  other_key: 'it was signed by another key than the one this session is bound to',
  too_long: 'it is longer than 8192 characters: send fewer header members',
  malformed: 'it is not one JWS in compact form, its three parts canonical base64url of JSON',
  typ: 'its header needs typ dpop+jwt',
  alg: 'its alg is not one of ES256, EdDSA, Ed25519, PS256, RS256',
  crit: 'it asks with crit for an extension that this hub does not have',
  jwk: 'its jwk is not the public key of its alg (P-256, Ed25519, or RSA of 2048 to 4096 bits with e 65537), canonically spelled and without private members',
  signature: 'its signature does not verify under its jwk',
  htm: 'its htm is not the method of this request',
  htu: 'its htu is not the URL of this request without query and fragment',
  jti: 'its jti is not a text of 1 to 256 characters: make a random one for each proof',
  iat: 'its iat is not a time in seconds',
  nonce: 'its nonce is not a text: send the value of the last DPoP-Nonce header',
  ath: 'its ath is not the SHA-256 of the access token, base64url',
  exp: 'it is past its own exp, or that is not a time in seconds',
  nbf: 'it is before its own nbf, or that is not a time in seconds',
  replayed: 'it was used before: make a new one for each request',
} as const

export type DpopFault = keyof typeof FAULTS

export const DPOP_FAULTS: readonly string[] = Object.keys(FAULTS)

export function isDpopFault(name: unknown): name is DpopFault {
  return typeof name === 'string' && DPOP_FAULTS.includes(name)
}

/** RFC 9449 §7.1; `Bearer` too, as every 401 here has it (CONTRACT §1). Other statuses challenge nobody. */
function challenge(error: string, status = 401): Record<string, string> {
  if (status !== 401) return {}
  return {
    'www-authenticate': `DPoP error="${error}", algs="${DPOP_ALGORITHMS.join(' ')}", Bearer`,
  }
}

/** RFC 9449 §7.1: the proof is refused. The token endpoint answers 400 (§5). */
export class InvalidDpopProofError extends HubError {
  readonly code = 'invalid_dpop_proof'
  override readonly headers: Readonly<Record<string, string>>

  constructor(
    readonly fault: DpopFault,
    override readonly status: number = 401,
    options?: ErrorOptions,
  ) {
    super(`the DPoP proof is refused: ${FAULTS[fault]}`, options)
    this.headers = challenge('invalid_dpop_proof', status)
  }
}

/**
 * RFC 9449 §8: the sender's clock or its nonce is out of date. `nonce` goes into the `DPoP-Nonce`
 * header of the answer. The token endpoint answers 400.
 */
export class UseDpopNonceError extends HubError {
  readonly code = 'use_dpop_nonce'
  override readonly headers: Readonly<Record<string, string>>

  constructor(
    readonly nonce: string,
    override readonly status: number = 401,
  ) {
    super(
      'the DPoP proof is too old, too new, or of an old nonce: ' +
        'make a new one with the value of the DPoP-Nonce header as its nonce',
    )
    this.headers = { ...challenge('use_dpop_nonce', status), 'dpop-nonce': nonce }
  }
}

/** The token of a session that is bound to a key came without a proof by that key. */
export class DpopRequiredError extends HubError {
  readonly code = 'dpop_required'
  readonly status = 401
  override readonly headers = challenge('invalid_token')

  constructor() {
    super(
      'this session is bound to a key: send the token as "Authorization: DPoP" ' +
        'together with a DPoP header, a proof by that key (RFC 9449)',
    )
  }
}
