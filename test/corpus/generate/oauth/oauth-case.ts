import type { Endpoint, Fault, PageFault } from '../../../support/oauth-stub.js'

/** Parameters that differ from those of a good request: null leaves one out, a list sends it so often. */
export type Changes = Readonly<Record<string, string | null | readonly string[]>>

/** `mine` is the login that a case is about, in a browser of its own; `other` is somebody else's. */
export type Who = 'mine' | 'other'

/** How far a login has come, all of it well. */
export type Stage = 'new' | 'begun' | 'returned' | 'redeemed'

/** A DPoP header (RFC 9449), by one of the keys of test/corpus/keys; what is left out is right. */
export interface SentProof {
  readonly key: string
  /** A name: the same proof again has the same. */
  readonly again?: string
  readonly method?: string
  /** Below the hub's origin. */
  readonly path?: string
  /** Seconds that the signer's clock is slow. */
  readonly slow?: number
  readonly nonce?: 'of this hub' | 'made up'
  /** The header as it is sent; `{proof}` is the good one. */
  readonly text?: string
}

/**
 * One request. In its values `{hub}` is the hub's origin, `{mine.code}` what the login has: code,
 * state, verifier, challenge, redirect_uri, callback_state, callback_code, access_token, refresh_token;
 * `{jkt p-256}` is a key's thumbprint.
 */
export type Step =
  /** GET /oauth/authorize. */
  | {
      readonly do: 'begin'
      readonly login?: Who
      readonly browser?: Who
      readonly query?: Changes
      /** After the others, as it is. */
      readonly more?: string
      readonly method?: string
      readonly path?: string
      readonly headers?: Readonly<Record<string, string>>
    }
  /** The provider sends the browser back. */
  | {
      readonly do: 'return'
      readonly login?: Who
      readonly browser?: Who | 'without a cookie' | 'with a cookie of its own choice'
      readonly provider?: 'google' | 'github'
      readonly query?: Changes
      readonly more?: string
      readonly method?: string
      readonly headers?: Readonly<Record<string, string>>
    }
  /** POST /token for a code; `refresh` with a refresh token; the rest as their names say. */
  | {
      readonly do: 'redeem' | 'refresh' | 'refresh classic' | 'introspect' | 'revoke'
      readonly login?: Who
      readonly body?: Changes
      readonly as?: 'form' | 'json'
      /** Instead of all that. */
      readonly text?: string
      readonly headers?: Readonly<Record<string, string | null>>
      readonly proof?: SentProof
    }
  /** GET /users/me. */
  | { readonly do: 'ask'; readonly login?: Who; readonly proof?: SentProof }
  | { readonly do: 'wait'; readonly seconds: number }
  | { readonly do: 'clear the cookies' }

export interface OAuthCase {
  readonly id: string
  readonly class: string
  readonly input: {
    /** Where the logins stand; `new` unless told. */
    readonly mine?: Stage
    readonly other?: Stage
    /** The door of `mine`: that of newer clients unless told. */
    readonly door?: 'classic'
    /** `GET /oauth/authorize` of `mine` differs so, where it came far enough. */
    readonly begun_with?: Changes
    /** Whose request for tokens was signed by this key. */
    readonly bound_to?: string
    readonly hub?: 'without the classic door' | 'without providers'
    readonly provider?: { readonly page: PageFault } | { readonly at: Endpoint; readonly fault: Fault }
    /** Requests before the one that counts. */
    readonly then?: readonly Step[]
    readonly request: Step
  }
  readonly expect: Expected
  readonly why: string
  readonly source: string
}

export interface Expected {
  readonly status: number
  /** Our `error_code`. */
  readonly code?: string
  /** OAuth's `error`, in the body or in the address. */
  readonly error?: string
  /** Where a redirect leads, or that the answer is a page. */
  readonly to?: 'provider' | 'client' | 'classic client' | 'hub' | 'page'
  readonly active?: boolean
  readonly token_type?: string
  /** What became of the session that `mine` had, or got. */
  readonly session?: 'live' | 'over'
}

export interface OAuthFile {
  readonly class: string
  readonly title: string
  readonly cases: readonly OAuthCase[]
}

type Attempt = Omit<OAuthCase, 'id' | 'class' | 'input'> & OAuthCase['input']

/** Collects the cases of one class and numbers them. */
export class OAuthCaseList {
  private readonly cases: OAuthCase[] = []

  constructor(
    private readonly name: string,
    private readonly title: string,
    /** Unless a case names its own. */
    private readonly source: string,
  ) {}

  add({ expect, why, source = this.source, ...input }: Omit<Attempt, 'source'> & { source?: string }): void {
    const number = String(this.cases.length + 1).padStart(2, '0')
    this.cases.push({ id: `${this.name}-${number}`, class: this.name, input, expect, why, source })
  }

  get file(): OAuthFile {
    return { class: this.name, title: this.title, cases: this.cases }
  }
}

/** POST /token refuses the code, or the refresh token. */
export const INVALID_GRANT: Expected = { status: 400, error: 'invalid_grant', code: 'invalid_grant' }
export const INVALID_REQUEST: Expected = {
  status: 400,
  error: 'invalid_request',
  code: 'invalid_request',
}
export const INVALID_STATE: Expected = { status: 400, code: 'invalid_login_state' }
export const TOKENS: Expected = { status: 200, token_type: 'Bearer' }
/** Back at the client, with a code. */
export const CODE: Expected = { status: 303, to: 'client' }
export const TO_PROVIDER: Expected = { status: 302, to: 'provider' }

/** Back at the client, with a fault. */
export function told(error: string): Expected {
  return { status: 303, to: 'client', error }
}
