import { createHash, createPublicKey, randomUUID, sign, type KeyObject } from 'node:crypto'

import { calculateJwkThumbprint } from 'jose'

import type { TestHub } from './hub.js'

/** The request that a proof is for. */
export interface ProvenRequest {
  readonly method: string
  /** Below the hub's origin. */
  readonly path: string
  /** Null at the endpoints that give tokens out. */
  readonly token: string | null
  /** How slow the signer's clock is. */
  readonly secondsSlow?: number
  readonly nonce?: string | undefined
  /** In place of the claims that belong there, or beside them. */
  readonly claims?: Readonly<Record<string, unknown>>
}

/** RFC 7638, of a private or public key. */
export function thumbprint(key: KeyObject): Promise<string> {
  return calculateJwkThumbprint(createPublicKey(key).export({ format: 'jwk' }))
}

/** A DPoP proof by this key (RFC 9449 §4.2), of this moment by the hub's clock. */
export function dpopProof(hub: TestHub, key: KeyObject, request: ProvenRequest): string {
  const { method, path, token, secondsSlow = 0, nonce } = request
  const header = {
    typ: 'dpop+jwt',
    alg: { rsa: 'PS256', ec: 'ES256', ed25519: 'EdDSA' }[key.asymmetricKeyType as string],
    jwk: createPublicKey(key).export({ format: 'jwk' }),
  }
  const claims = {
    htm: method,
    htu: hub.url + path,
    jti: randomUUID(),
    iat: Math.floor(hub.clock.now() / 1_000) - secondsSlow,
    ...(nonce === undefined ? {} : { nonce }),
    ...(token === null ? {} : { ath: createHash('sha256').update(token).digest('base64url') }),
    ...request.claims,
  }
  const text = [header, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  return `${text}.${signatureOf(key, Buffer.from(text)).toString('base64url')}`
}

/** The two headers of a request with a token that is bound to this key. */
export function dpopHeaders(
  hub: TestHub,
  key: KeyObject,
  request: ProvenRequest & { token: string },
): Record<string, string> {
  return { authorization: `DPoP ${request.token}`, dpop: dpopProof(hub, key, request) }
}

function signatureOf(key: KeyObject, bytes: Buffer): Buffer {
  if (key.asymmetricKeyType === 'ed25519') return sign(null, bytes, key)
  if (key.asymmetricKeyType === 'ec')
    return sign('sha256', bytes, { key, dsaEncoding: 'ieee-p1363' })
  return sign('sha256', bytes, { key, padding: 6, saltLength: 32 })
}
