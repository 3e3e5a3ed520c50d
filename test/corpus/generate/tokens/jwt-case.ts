import { createHash, createPublicKey, type KeyObject } from 'node:crypto'

import { poolKey } from '../../../support/x509.js'
import { corpusKey, NOW, type CorpusText } from '../case.js'
import type { Content } from './dpop-case.js'

type Json = Record<string, unknown>

/** What the hub of the corpus signs with, and signed with before. */
export const SECRET = createHash('sha256').update('the secret of the corpus').digest('hex')
export const FORMER_SECRET = createHash('sha256').update('the secret before that').digest('hex')

export type JwtClass = 'J1' | 'J2' | 'J3' | 'J4' | 'J5' | 'J6' | 'J7' | 'J9'

/** Whose `sid` and `sub` stand for `{sid}` and `{account}`. */
export type SessionName =
  | 'live'
  | 'logged out'
  | 'ended elsewhere'
  | 'over after 30 days'
  | 'ended by a replayed refresh token'
  | 'of a deleted account'
  | 'of another person'
  | 'never was'

/** What somebody could hold and try as an access token. */
export type Taken =
  | 'access token'
  | 'access token of another hub'
  | 'refresh token'
  | 'refresh token of another hub'
  | 'id of the session'
  | 'id of the node'
  | 'id of the account'
  | 'DPoP proof by the node key'
  | 'access token of a session bound to the node key'
  | 'refresh token of a session bound to the node key'

/** The DPoP header that comes along (RFC 9449). But for what it says, it is a good one by the node key. */
export type SentProof =
  | 'good'
  | 'by another key'
  | 'with another token'
  | 'with another path'
  | 'with another method'
  | 'of an hour ago'
  | 'twice'
  | 'no proof'

/** Keys by the names that the cases use; all of them are published here. */
export const JWT_KEYS: Readonly<Record<string, KeyObject>> = {
  rsa: poolKey(0),
  'p-256': corpusKey('ec-prime256v1'),
  'p-384': corpusKey('ec-secp384r1'),
  'p-521': corpusKey('ec-secp521r1'),
  secp256k1: corpusKey('ec-secp256k1'),
  ed25519: corpusKey('ed25519'),
}

export type JwtSignature =
  /** HMAC under the hub's secret, as the header's alg says; SHA-256 where it says nothing known. */
  | { readonly by: 'the hub' }
  | { readonly by: 'secret'; readonly bits: 256 | 384 | 512; readonly secret: string }
  | { readonly by: 'secret'; readonly bits: 256 | 384 | 512; readonly secret_hex: string }
  | { readonly by: 'key'; readonly key: string; readonly algorithm: string }
  | { readonly by: 'hex'; readonly bytes: string }

/**
 * How a token is made. In header and claims `{hub}` is the hub's origin, `{sid}` and `{account}`
 * those of the session.
 */
export interface JwtRecipe {
  readonly session: SessionName
  readonly header: Content
  readonly claims: Content
  readonly signature: JwtSignature
  /** See `spell` of test/support/jws.ts. */
  readonly spelling: string
  /** The signature is made over header and claims as they are spelled. */
  readonly signs_spelling?: true
  /** As many `x` follow in the claim `filler`, so that the token is this long. */
  readonly length?: number
}

/**
 * `header`: `GET /users/me`. `upgrade`: the same header at the upgrade. `query`: the upgrade with `?token=`. `frame`: the first frame of a
 * socket. `refresh`: `POST /refresh`.
 */
export type Way = 'header' | 'upgrade' | 'query' | 'frame' | 'refresh'

/** One token, how it comes to the hub, and what the hub must answer. */
export interface JwtCase {
  readonly id: string
  readonly class: JwtClass
  /** The token itself; else how it is made, or what is taken for it. */
  readonly input?: CorpusText
  readonly recipe?: JwtRecipe
  readonly taken?: Taken
  readonly ways: readonly Way[]
  /** The header's value around `{token}`. */
  readonly authorization: string
  readonly proof?: SentProof
  readonly expect: { readonly status: number; readonly code: string | null }
  readonly why: string
  readonly source: string
}

export interface JwtFile {
  readonly now: string
  readonly cases: readonly JwtCase[]
}

export const SECONDS = NOW.getTime() / 1_000
export const SOCKETS = ['query', 'frame'] as const
const EVERY_WAY = ['header', ...SOCKETS] as const

const STATUS = {
  ok: 200,
  invalid_token: 401,
  token_expired: 401,
  session_ended: 401,
  invalid_refresh_token: 401,
  invalid_request: 400,
  dpop_required: 401,
  invalid_dpop_proof: 401,
  use_dpop_nonce: 401,
} as const

/** What is left out is that of a token as the hub issues it. */
export interface JwtAttempt {
  readonly why: string
  readonly source: string
  readonly expect?: keyof typeof STATUS
  readonly input?: CorpusText
  readonly taken?: Taken
  readonly session?: SessionName
  /** Members that differ; undefined leaves one out. */
  readonly header?: Json
  readonly headerText?: string | Buffer
  readonly claims?: Json
  readonly claimsText?: string | Buffer
  readonly signature?: JwtSignature
  readonly spelling?: string
  readonly signsSpelling?: true
  readonly length?: number
  readonly ways?: readonly Way[]
  readonly authorization?: string
  readonly proof?: SentProof
}

/** Collects the cases of one class and numbers them; `expect` is what most of them must get. */
export class JwtCaseList {
  readonly cases: JwtCase[] = []

  constructor(
    private readonly name: JwtClass,
    private readonly usual: keyof typeof STATUS = 'invalid_token',
  ) {}

  add(attempt: JwtAttempt): void {
    const { why, source, input, taken, expect = this.usual } = attempt
    this.cases.push({
      id: `${this.name}-${String(this.cases.length + 1).padStart(2, '0')}`,
      class: this.name,
      ...(input !== undefined ? { input } : taken ? { taken } : { recipe: recipeOf(attempt) }),
      ways: attempt.ways ?? EVERY_WAY,
      authorization: attempt.authorization ?? 'Bearer {token}',
      ...(attempt.proof ? { proof: attempt.proof } : {}),
      expect: { status: STATUS[expect], code: expect === 'ok' ? null : expect },
      why,
      source,
    })
  }
}

function recipeOf(attempt: JwtAttempt): JwtRecipe {
  const { session = 'live', signature = { by: 'the hub' }, length, signsSpelling } = attempt
  return {
    session,
    header: contentOf(attempt.headerText, { alg: 'HS256', typ: 'at+jwt', ...attempt.header }),
    claims: contentOf(attempt.claimsText, {
      sid: '{sid}',
      iss: '{hub}',
      aud: 'dpc-hub',
      sub: '{account}',
      jti: '0e8ff1b5-6d4c-4d5e-9df0-4c4ff1f6ad11',
      iat: SECONDS,
      exp: SECONDS + 600,
      ...attempt.claims,
    }),
    signature,
    spelling: attempt.spelling ?? '{header}.{payload}.{signature}',
    ...(signsSpelling ? { signs_spelling: true } : {}),
    ...(length === undefined ? {} : { length }),
  }
}

/** As the file will have it: members that are undefined are not there. */
function contentOf(text: string | Buffer | undefined, members: Json): Content {
  if (typeof text === 'string') return { text }
  if (text) return { hex: text.toString('hex') }
  return { json: JSON.parse(JSON.stringify(members)) as Json }
}

/** The good claims as a text, with `more` before or after them. */
export function claimsText(before: string, after = ''): string {
  const claims =
    '"sid":"{sid}","iss":"{hub}","aud":"dpc-hub","sub":"{account}",' +
    `"jti":"0e8ff1b5-6d4c-4d5e-9df0-4c4ff1f6ad11","iat":${SECONDS},"exp":${SECONDS + 600}`
  return `{${before}${claims}${after}}`
}

export function publicPem(name: string): string {
  return createPublicKey(JWT_KEYS[name]!).export({ type: 'spki', format: 'pem' }).toString()
}
