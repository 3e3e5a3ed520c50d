import { createHash, randomBytes } from 'node:crypto'

import { Injectable } from '@nestjs/common'

import { canonicalEmail, type ProviderName } from '../accounts/person.js'
import { Clock } from '../common/clock.js'
import { Secret } from '../common/secret.js'
import type { ProviderConfig } from '../config/hub-config.js'

/** Codes and tokens of the development provider live this long, once. */
const LIFETIME_MS = 60_000
/** It keeps no secret: it works on this machine only, and for whoever asks. */
const CLIENT_SECRET = 'development'

/** What the hub asked for when it sent the person to the page. */
export interface DevAuthorization {
  readonly provider: ProviderName
  readonly redirectUri: string
  /** PKCE, S256. */
  readonly challenge: string
}

/** What the hub shows for the person's token. */
export interface DevRedemption {
  readonly provider: ProviderName
  readonly redirectUri: string
  readonly verifier: string
  readonly clientSecret: string
}

/** A person of the development provider: whoever they say they are. */
export interface DevPerson {
  /** 15 digits made from the address: the same address is the same person. */
  readonly id: number
  readonly email: string
}

interface Grant extends DevAuthorization {
  readonly email: string
  readonly expiresAt: number
}

/**
 * A Google and a GitHub of the hub's own, for newcomers without credentials (DEV_LOGIN). The login
 * goes the same way over the same HTTP as with the real ones.
 */
@Injectable()
export class DevProvider {
  private readonly codes = new Map<string, Grant>()
  private readonly tokens = new Map<string, Grant>()

  constructor(private readonly clock: Clock) {}

  /** A code for a person who logged in at the page. */
  authorize(authorization: DevAuthorization, email: string): string {
    return this.keep(this.codes, { ...authorization, email })
  }

  /** A token for a code, once; null if anything does not match what the code was made for. */
  redeem(code: string, shown: DevRedemption): string | null {
    const grant = this.take(this.codes, code)
    if (
      grant?.provider !== shown.provider ||
      grant.redirectUri !== shown.redirectUri ||
      grant.challenge !== challengeOf(shown.verifier) ||
      shown.clientSecret !== CLIENT_SECRET
    ) {
      return null
    }
    return this.keep(this.tokens, grant)
  }

  /** Whose token it is. */
  personOf(provider: ProviderName, token: string): DevPerson | null {
    const grant = this.tokens.get(token)
    if (grant?.provider !== provider || grant.expiresAt <= this.clock.now()) return null
    return { id: idOf(grant.email), email: grant.email }
  }

  private keep(grants: Map<string, Grant>, grant: Omit<Grant, 'expiresAt'>): string {
    const now = this.clock.now()
    for (const [key, { expiresAt }] of grants) if (expiresAt <= now) grants.delete(key)
    const key = randomBytes(32).toString('base64url')
    grants.set(key, { ...grant, expiresAt: now + LIFETIME_MS })
    return key
  }

  private take(grants: Map<string, Grant>, key: string): Grant | null {
    const grant = grants.get(key)
    grants.delete(key)
    return grant && grant.expiresAt > this.clock.now() ? grant : null
  }
}

/** How the strategies reach the development provider. */
export function devProviderConfig(provider: ProviderName, publicUrl: string): ProviderConfig {
  const base = `${publicUrl}/dev-login/${provider}`
  return {
    clientId: 'development',
    clientSecret: new Secret(CLIENT_SECRET),
    authorizationUrl: `${base}/authorize`,
    tokenUrl: `${base}/token`,
    userUrl: `${base}/userinfo`,
    emailsUrl: provider === 'github' ? `${base}/emails` : null,
  }
}

function challengeOf(verifier: string): string {
  return createHash('sha256').update(verifier).digest('base64url')
}

function idOf(email: string): number {
  return createHash('sha256').update(canonicalEmail(email)).digest().readUIntBE(0, 6)
}
