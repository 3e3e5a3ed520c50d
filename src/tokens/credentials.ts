import type { IncomingHttpHeaders } from 'node:http'

import { InvalidDpopProofError } from './dpop.errors.js'
import { InvalidTokenError } from './tokens.errors.js'

/** A DPoP proof and the request it came with. */
export interface PresentedProof {
  readonly proof: string
  readonly method: string
  /** As the client spelled it, without query. */
  readonly url: string
}

/** What a request says of who makes it. */
export interface Credentials {
  readonly token: string
  /** Null for a bearer token (RFC 6750); else the proof that came with it (RFC 9449 §7.1). */
  readonly dpop: PresentedProof | null
}

/**
 * The credentials in a request's headers.
 *
 * @param url of the request, as the client spelled it, without query
 * @throws InvalidTokenError      there are none, or of another scheme
 * @throws InvalidDpopProofError  `Authorization: DPoP` without exactly one proof
 */
export function credentialsOf(
  headers: IncomingHttpHeaders,
  method: string,
  url: string,
): Credentials {
  const found = /^(Bearer|DPoP) +(\S+)$/i.exec(headers.authorization ?? '')
  const [, scheme, token] = found ?? []
  if (scheme === undefined || token === undefined) throw new InvalidTokenError()
  if (scheme.toLowerCase() === 'bearer') return { token, dpop: null }
  return { token, dpop: { proof: proofIn(headers), method, url } }
}

/** @throws InvalidDpopProofError  there is none, or more than one */
export function proofIn({ dpop }: IncomingHttpHeaders): string {
  // NOTE: Node joins a header that was sent twice with a comma, which no JWS holds.
  if (typeof dpop !== 'string' || dpop === '') throw new InvalidDpopProofError('missing')
  return dpop
}
