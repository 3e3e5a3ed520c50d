import {
  createHmac,
  createSecretKey,
  type KeyObject,
  randomUUID,
  timingSafeEqual,
} from 'node:crypto'

import { Injectable } from '@nestjs/common'
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
  nbf: z.int().optional(),
})

export interface AccessToken {
  readonly accountId: number
  readonly sessionId: string
  /** Seconds since the epoch. */
  readonly issuedAt: number
  readonly expiresAt: number
  readonly jti: string
}

/** Names that it does not know mean nothing, except where `crit` says that they must be known. */
const headerSchema = z.object({
  alg: z.string(),
  typ: z.string().regex(/^(?:application\/)?at\+jwt$/i),
  crit: z.never().optional(),
})

/** `aud` of every access token. */
export const AUDIENCE = 'dpc-hub'
const TYPE = 'at+jwt'
/** Ours are under 600 characters; what is longer is not read. */
const MAX_LENGTH = 2_048
/** Seconds of clock difference between instances that `iat` forgives. */
const LEEWAY_SECONDS = 30
const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * Signs and reads access tokens. Whether the session still lives is the verifier's question.
 *
 * By hand and not by `jose`, whose WebCrypto sends each MAC through the thread pool: a third of an
 * upgrade's CPU (docs/performance.md).
 */
@Injectable()
export class AccessTokens {
  private readonly hash: string
  /** Encoded: what we write, and so what nearly all tokens begin with. */
  private readonly header: string
  private readonly signingKey: KeyObject
  private readonly keys: readonly KeyObject[]

  constructor(
    private readonly config: HubConfig,
    private readonly clock: Clock,
  ) {
    const { secretKey, previousSecretKey, algorithm } = config.tokens
    this.hash = `sha${algorithm.slice(2)}`
    this.header = encode({ alg: algorithm, typ: TYPE })
    this.signingKey = keyOf(secretKey)
    this.keys = [this.signingKey, ...(previousSecretKey ? [keyOf(previousSecretKey)] : [])]
  }

  get lifeSeconds(): number {
    return this.config.tokens.accessTokenSeconds
  }

  /**
   * Two tokens of the same second differ (`jti`).
   *
   * @param dpopJkt told in the token as `cnf.jkt` (RFC 9449 §6.1); the session is what decides
   */
  sign(
    { accountId, sessionId }: Pick<AccessToken, 'accountId' | 'sessionId'>,
    dpopJkt: string | null = null,
  ): string {
    const issuedAt = Math.floor(this.clock.now() / 1_000)
    const claims = {
      sid: sessionId,
      ...(dpopJkt === null ? {} : { cnf: { jkt: dpopJkt } }),
      iss: this.config.http.publicUrl,
      aud: AUDIENCE,
      sub: String(accountId),
      jti: randomUUID(),
      iat: issuedAt,
      exp: issuedAt + this.config.tokens.accessTokenSeconds,
    }
    const signed = `${this.header}.${encode(claims)}`
    return `${signed}.${this.macOf(signed, this.signingKey)}`
  }

  /**
   * @throws TokenExpiredError  ours, but past `exp`
   * @throws InvalidTokenError  anything else that is not one of our tokens, spelled canonically
   */
  read(token: string): AccessToken {
    const claims = accessTokenClaims.safeParse(this.payloadOf(token))
    if (!claims.success) throw new InvalidTokenError()
    const { iss, aud, sub, sid, iat, exp, nbf = 0, jti } = claims.data
    const now = Math.floor(this.clock.now() / 1_000)
    const isForUs = iss === this.config.http.publicUrl && aud === AUDIENCE
    if (!isForUs || iat > now + LEEWAY_SECONDS || nbf > now) throw new InvalidTokenError()
    if (exp <= now) throw new TokenExpiredError()
    return { accountId: Number(sub), sessionId: sid, issuedAt: iat, expiresAt: exp, jti }
  }

  /** What stands in a token that one of our keys has signed. @throws InvalidTokenError */
  private payloadOf(token: string): unknown {
    if (token.length > MAX_LENGTH) throw new InvalidTokenError()
    const [header = '', payload = '', mac = '', ...more] = token.split('.')
    const signed = `${header}.${payload}`
    const isOurs =
      more.length === 0 &&
      this.keys.some((key) => isSame(this.macOf(signed, key), mac)) &&
      (header === this.header || this.isUsable(decode(header)))
    if (!isOurs) throw new InvalidTokenError()
    return decode(payload)
  }

  /** A header in other words than ours, yet of our algorithm and type (RFC 7515 §4.1, RFC 9068 §2.1). */
  private isUsable(header: unknown): boolean {
    const { algorithm } = this.config.tokens
    return headerSchema.safeParse(header).data?.alg === algorithm
  }

  private macOf(signed: string, key: KeyObject): string {
    return createHmac(this.hash, key).update(signed).digest('base64url')
  }
}

function keyOf(secret: Secret): KeyObject {
  return createSecretKey(Buffer.from(secret.reveal()))
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url')
}

/**
 * One part of a token, in its one canonical spelling: the last character of a part has spare bits,
 * and a decoder that ignores them lets a revoked token live on under another name (CONTRACT §4.8).
 *
 * @throws InvalidTokenError
 */
function decode(part: string): unknown {
  const bytes = Buffer.from(part, 'base64url')
  if (bytes.toString('base64url') !== part) throw new InvalidTokenError()
  try {
    return JSON.parse(utf8.decode(bytes))
  } catch {
    throw new InvalidTokenError()
  }
}

/** In a time that tells nothing of where they differ. As texts, so that a MAC has one spelling. */
function isSame(ours: string, theirs: string): boolean {
  const [one, other] = [Buffer.from(ours), Buffer.from(theirs)]
  return one.length === other.length && timingSafeEqual(one, other)
}
