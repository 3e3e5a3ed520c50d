import { randomUUID } from 'node:crypto'

import { Injectable } from '@nestjs/common'
import { type CryptoKey, errors, jwtVerify, SignJWT } from 'jose'
import { z } from 'zod'

import { Clock } from '../common/clock.js'
import type { Secret } from '../common/secret.js'
import { HubConfig } from '../config/hub-config.js'
import { InvalidTokenError, TokenExpiredError } from './tokens.errors.js'

/** What every access token says, RFC 9068 in spirit: `typ` is `at+jwt`. */
export const accessTokenClaims = z.object({
  iss: z.string(),
  aud: z.string(),
  sub: z.string().regex(/^[1-9][0-9]{0,15}$/),
  sid: z.uuid().lowercase(),
  jti: z.uuid(),
  iat: z.int(),
  exp: z.int(),
})

export interface AccessToken {
  readonly accountId: number
  readonly sessionId: string
  /** Seconds since the epoch. */
  readonly issuedAt: number
  readonly expiresAt: number
  readonly jti: string
}

/** `aud` of every access token. */
export const AUDIENCE = 'dpc-hub'
const TYPE = 'at+jwt'
/** Ours are under 600 characters; what is longer is not read. */
const MAX_LENGTH = 2_048
/** Seconds of clock difference between instances that `iat` and `nbf` forgive. */
const LEEWAY_SECONDS = 30

/** Signs and reads access tokens. Whether the session still lives is the verifier's question. */
@Injectable()
export class AccessTokens {
  private readonly signingKey: Promise<CryptoKey>
  private readonly keys: readonly Promise<CryptoKey>[]

  constructor(
    private readonly config: HubConfig,
    private readonly clock: Clock,
  ) {
    const { secretKey, previousSecretKey, algorithm } = config.tokens
    this.signingKey = importKey(secretKey, algorithm)
    const previous = previousSecretKey ? [importKey(previousSecretKey, algorithm)] : []
    this.keys = [this.signingKey, ...previous]
  }

  get lifeSeconds(): number {
    return this.config.tokens.accessTokenSeconds
  }

  /**
   * Two tokens of the same second differ (`jti`).
   *
   * @param dpopJkt told in the token as `cnf.jkt` (RFC 9449 §6.1); the session is what decides
   */
  async sign(
    { accountId, sessionId }: Pick<AccessToken, 'accountId' | 'sessionId'>,
    dpopJkt: string | null = null,
  ): Promise<string> {
    const { algorithm, accessTokenSeconds } = this.config.tokens
    const issuedAt = Math.floor(this.clock.now() / 1_000)
    return new SignJWT({ sid: sessionId, ...(dpopJkt === null ? {} : { cnf: { jkt: dpopJkt } }) })
      .setProtectedHeader({ alg: algorithm, typ: TYPE })
      .setIssuer(this.config.http.publicUrl)
      .setAudience(AUDIENCE)
      .setSubject(String(accountId))
      .setJti(randomUUID())
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + accessTokenSeconds)
      .sign(await this.signingKey)
  }

  /**
   * @throws TokenExpiredError  ours, but past `exp`
   * @throws InvalidTokenError  anything else that is not one of our tokens, spelled canonically
   */
  async read(token: string): Promise<AccessToken> {
    if (token.length > MAX_LENGTH || !isCanonical(token)) throw new InvalidTokenError()
    const claims = accessTokenClaims.safeParse(await this.payloadOf(token))
    if (!claims.success) throw new InvalidTokenError()
    const { sub, sid, iat, exp, jti } = claims.data
    return { accountId: Number(sub), sessionId: sid, issuedAt: iat, expiresAt: exp, jti }
  }

  private async payloadOf(token: string): Promise<unknown> {
    for (const key of this.keys) {
      try {
        const { payload } = await jwtVerify(token, await key, {
          algorithms: [this.config.tokens.algorithm],
          typ: TYPE,
          issuer: this.config.http.publicUrl,
          audience: AUDIENCE,
          currentDate: this.clock.date(),
          requiredClaims: ['exp', 'iat', 'sub', 'sid', 'jti'],
        })
        if (isFromTheFuture(payload.iat, this.clock.now())) throw new InvalidTokenError()
        return payload
      } catch (error) {
        if (error instanceof errors.JWTExpired) throw new TokenExpiredError()
        if (!(error instanceof errors.JWSSignatureVerificationFailed)) break
      }
    }
    throw new InvalidTokenError()
  }
}

/** Once: jose would import raw bytes again for every token it signs or verifies. */
function importKey(secret: Secret, algorithm: 'HS256' | 'HS384' | 'HS512'): Promise<CryptoKey> {
  const hmac = { name: 'HMAC', hash: `SHA-${algorithm.slice(2)}` }
  const bytes = new TextEncoder().encode(secret.reveal())
  return crypto.subtle.importKey('raw', bytes, hmac, false, ['sign', 'verify'])
}

/**
 * Three base64url parts, each in its one canonical spelling: the last character of a part has
 * spare bits, and a decoder that ignores them lets a revoked token live on under another name
 * (CONTRACT §4.8).
 */
function isCanonical(token: string): boolean {
  const parts = token.split('.')
  return (
    parts.length === 3 &&
    parts.every((part) => Buffer.from(part, 'base64url').toString('base64url') === part)
  )
}

function isFromTheFuture(issuedAt: number | undefined, now: number): boolean {
  return issuedAt !== undefined && issuedAt > now / 1_000 + LEEWAY_SECONDS
}
