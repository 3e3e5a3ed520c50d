import { createHash, createPublicKey, type JsonWebKey } from 'node:crypto'

import type { DpopFault } from '../../../../src/tokens/dpop.errors.js'
import { poolKey } from '../../../support/x509.js'
import { corpusKey, NOW, spkiOf } from '../case.js'

type Json = Record<string, unknown>

/** Keys by the names that the cases use; all of them are published here. */
export const DPOP_KEYS = {
  'rsa-2048': poolKey(0),
  'rsa-1024': corpusKey('rsa-1024'),
  'rsa-3072': corpusKey('rsa-3072'),
  'rsa-4096': corpusKey('rsa-4096'),
  'p-256': corpusKey('ec-prime256v1'),
  'p-384': corpusKey('ec-secp384r1'),
  secp256k1: corpusKey('ec-secp256k1'),
  ed25519: corpusKey('ed25519'),
  ed448: corpusKey('ed448'),
} as const
export type DpopKeyName = keyof typeof DPOP_KEYS

/** How the signature is made. `key` signs as the header's alg says. */
export type DpopSignature =
  | { readonly by: 'key'; readonly algorithm?: string }
  /** ECDSA as DER, not as r ‖ s. */
  | { readonly by: 'der' }
  /** RSA-PSS with another salt than SHA-256's 32 bytes. */
  | { readonly by: 'salt'; readonly bytes: number }
  /** HMAC under the public key's PEM. */
  | { readonly by: 'hmac' }
  /** ECDSA's other signature of the same text: (r, n - s). */
  | { readonly by: 'twin' }
  /** Ed25519 with S + L. */
  | { readonly by: 'plus-order' }
  /** The bits of this byte turned. */
  | { readonly by: 'turned'; readonly byte: number }
  | { readonly by: 'hex'; readonly bytes: string }

/** JSON of `json`, or that text, or those bytes. */
export type Content = { readonly json: Json } | { readonly text: string } | { readonly hex: string }

/** One proof, how it is made and what is asked about it. */
export interface DpopCase {
  readonly id: string
  readonly class: 'J8'
  /** What the request is; the proof's claims ought to say the same. */
  readonly request: {
    readonly method: string
    readonly url: string
    readonly access_token: string | null
  }
  readonly input: {
    readonly key: DpopKeyName
    readonly signature: DpopSignature
    readonly header: Content
    readonly claims: Content
    /** The claim `nonce` is made by a hub this long before. */
    readonly nonce?: { readonly of: 'this hub' | 'another hub'; readonly seconds_ago: number }
    /** See `spell` of test/support/jws.ts. */
    readonly spelling: string
    /** As many `x` follow in the header's member `filler`, so that the proof is this long. */
    readonly length?: number
    /** The same text, or a new one of the same jti, is shown before, this many seconds ago. */
    readonly shown_before?: { readonly as: 'this' | 'another proof'; readonly seconds_ago: number }
  }
  readonly expect:
    | { readonly jkt: string; readonly spki_sha256: string }
    | { readonly status: 401; readonly code: string; readonly fault: DpopFault | null }
  readonly why: string
  readonly source: string
}

export interface DpopFile {
  readonly now: string
  readonly cases: readonly DpopCase[]
}

export const SECONDS = NOW.getTime() / 1_000
export const URL_SENT = 'https://hub.example/users/me'
const ACCESS_TOKEN = 'an.access.token'
export const ATH = createHash('sha256').update(ACCESS_TOKEN).digest('base64url')

/** What is left out is that of a good ES256 proof. */
export interface DpopAttempt {
  /** A fault, a nonce asked for, or a pass. */
  readonly expect: DpopFault | 'use_dpop_nonce' | 'ok'
  readonly why: string
  readonly source: string
  readonly key?: DpopKeyName
  readonly signature?: DpopSignature
  /** Members that differ; undefined leaves one out. */
  readonly header?: Json
  readonly headerText?: string | Buffer
  /** Members of the key that differ. */
  readonly jwk?: Json
  readonly claims?: Json
  readonly claimsText?: string | Buffer
  readonly nonce?: DpopCase['input']['nonce']
  readonly spelling?: string
  readonly length?: number
  readonly shownBefore?: DpopCase['input']['shown_before']
  readonly request?: Partial<DpopCase['request']>
}

const ALGORITHM_OF: Readonly<Record<DpopKeyName, string>> = {
  'rsa-1024': 'RS256',
  'rsa-2048': 'RS256',
  'rsa-3072': 'RS256',
  'rsa-4096': 'RS256',
  'p-256': 'ES256',
  'p-384': 'ES384',
  secp256k1: 'ES256K',
  ed25519: 'EdDSA',
  ed448: 'EdDSA',
}

export class DpopCaseList {
  readonly cases: DpopCase[] = []

  add(attempt: DpopAttempt): void {
    const { why, source, nonce, length, shownBefore } = attempt
    const request = { method: 'GET', url: URL_SENT, access_token: ACCESS_TOKEN, ...attempt.request }
    this.cases.push({
      id: `J8-${String(this.cases.length + 1).padStart(3, '0')}`,
      class: 'J8',
      request,
      input: {
        key: attempt.key ?? 'p-256',
        signature: attempt.signature ?? { by: 'key' },
        header: headerOf(attempt),
        claims: claimsOf(attempt),
        ...(nonce ? { nonce } : {}),
        spelling: attempt.spelling ?? '{header}.{payload}.{signature}',
        ...(length === undefined ? {} : { length }),
        ...(shownBefore ? { shown_before: shownBefore } : {}),
      },
      expect: expectationOf(attempt),
      why,
      source,
    })
  }
}

export function publicJwk(name: DpopKeyName): JsonWebKey {
  return createPublicKey(DPOP_KEYS[name]).export({ format: 'jwk' })
}

function headerOf({ key = 'p-256', header, headerText, jwk }: DpopAttempt): Content {
  if (headerText !== undefined) return textual(headerText)
  const alg = ALGORITHM_OF[key]
  return json({ typ: 'dpop+jwt', alg, jwk: { ...publicJwk(key), ...jwk }, ...header })
}

function claimsOf({ claims, claimsText }: DpopAttempt): Content {
  if (claimsText !== undefined) return textual(claimsText)
  return json({
    jti: 'a jti of this proof',
    htm: 'GET',
    htu: URL_SENT,
    iat: SECONDS,
    ath: ATH,
    ...claims,
  })
}

function expectationOf({ expect, key = 'p-256' }: DpopAttempt): DpopCase['expect'] {
  if (expect === 'ok') return { jkt: thumbprintOf(key), spki_sha256: spkiHashOf(key) }
  if (expect === 'use_dpop_nonce') return { status: 401, code: expect, fault: null }
  return { status: 401, code: 'invalid_dpop_proof', fault: expect }
}

/** RFC 7638 §3 by hand: the required members in order, no white space. */
function thumbprintOf(name: DpopKeyName): string {
  const { crv, e, kty, n, x, y } = publicJwk(name)
  return createHash('sha256').update(JSON.stringify({ crv, e, kty, n, x, y })).digest('base64url')
}

function spkiHashOf(name: DpopKeyName): string {
  return createHash('sha256').update(spkiOf(DPOP_KEYS[name])).digest('hex')
}

/** As the file will have it: members that are undefined are not there. */
function json(value: Json): Content {
  return { json: JSON.parse(JSON.stringify(value)) as Json }
}

function textual(content: string | Buffer): Content {
  return typeof content === 'string' ? { text: content } : { hex: content.toString('hex') }
}
