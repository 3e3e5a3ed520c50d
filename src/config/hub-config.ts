import { resolve } from 'node:path'

import type { Secret } from '../common/secret.js'
import { isLoopback, type SslMode } from './address-fields.js'
import type { Environment } from './environment.js'
import { readEnvironment, withDotEnv, type RawEnvironment } from './read-environment.js'
import { keptSecretKey } from './kept-secret-key.js'
import { packageVersion } from './package-version.js'

/** An OAuth provider people may log in with. */
export interface ProviderConfig {
  readonly clientId: string
  readonly clientSecret: Secret
  readonly authorizationUrl: string
  readonly tokenUrl: string
  readonly userUrl: string
  /** Where verified addresses are listed; GitHub only. */
  readonly emailsUrl: string | null
}

/** The hub's configuration, read once. A feature that is not configured is null, never half-filled. */
export class HubConfig {
  readonly production: boolean
  readonly debug: boolean
  readonly appName: string
  /** Where the source of this hub is offered (AGPL-3.0 §13). */
  readonly sourceUrl: string
  /** Groups of names that mean the same skill, beside the hub's own. */
  readonly skillAliases: readonly (readonly string[])[]
  readonly version: string = packageVersion()
  /** Worth a line at start; nothing that keeps the hub from running. */
  readonly warnings: readonly string[]

  readonly http: {
    readonly host: string
    /** 0: any free port. */
    readonly port: number
    /** An origin: no trailing slash. */
    readonly publicUrl: string
    readonly allowedOrigins: readonly string[]
    /** `loopback`, `private`, addresses and networks in CIDR notation. */
    readonly trustedProxies: readonly string[]
  }

  readonly database: {
    /** Null: the embedded Postgres. */
    readonly url: Secret | null
    readonly ssl: SslMode
    readonly poolSize: number
    /** Searches read from there while it is up to date. */
    readonly replicaUrl: Secret | null
    /** Absolute. */
    readonly dataDir: string
  }

  /** More than one URL: the nodes of a cluster. */
  readonly redis: { readonly urls: readonly Secret[] } | null

  readonly tokens: {
    readonly secretKey: Secret
    readonly previousSecretKey: Secret | null
    readonly algorithm: 'HS256' | 'HS384' | 'HS512'
    readonly accessTokenSeconds: number
    readonly refreshTokenSeconds: number
  }

  readonly login: {
    readonly google: ProviderConfig | null
    readonly github: ProviderConfig | null
    /** The hub's own provider page, for this machine only. */
    readonly dev: boolean
    /** The redirect with tokens in the query that classic clients need. */
    readonly legacy: boolean
    readonly linking: 'verified_email' | 'never'
  }

  /** Requests per minute. */
  readonly limits: {
    readonly enabled: boolean
    readonly perMinute: number
    readonly login: number
    readonly register: number
    readonly profile: number
    readonly search: number
    readonly upgrade: number
    /** Different profiles that searches may show an account in a day. */
    readonly foundPerDay: number
  }

  readonly signaling: {
    /** Per instance; the rest is per connection. */
    readonly maxConnections: number
    readonly maxFrameBytes: number
    readonly framesPerSecond: number
    readonly frameBurst: number
    readonly maxQueuedBytes: number
    readonly pingSeconds: number
  }

  readonly ice: {
    readonly stunUrls: readonly string[]
    readonly turn: {
      readonly urls: readonly string[]
      readonly secret: Secret
      readonly ttlSeconds: number
    } | null
  }

  readonly metrics: { readonly port: number | null; readonly token: Secret | null } | null

  readonly log: {
    readonly level: Environment['LOG_LEVEL']
    readonly format: 'pretty' | 'json'
  }

  /**
   * Reads the given variables; without an argument those of this process and, in development, of
   * the file `.env`. In development a missing SECRET_KEY is made and kept in DATA_DIR.
   *
   * @throws ConfigError with every fault at once
   */
  static fromEnv(env: RawEnvironment = withDotEnv(process.env)): HubConfig {
    return new HubConfig(readEnvironment(env))
  }

  private constructor(env: Environment) {
    this.production = env.NODE_ENV === 'production'
    this.debug = env.DEBUG
    this.appName = env.APP_NAME
    this.sourceUrl = env.SOURCE_URL
    this.skillAliases = env.SKILL_ALIASES ?? []
    const dataDir = resolve(env.DATA_DIR)

    this.http = {
      host: env.HOST ?? (this.production ? '0.0.0.0' : '127.0.0.1'),
      port: env.PORT,
      publicUrl: env.PUBLIC_URL ?? new URL(`http://127.0.0.1:${env.PORT}`).origin,
      allowedOrigins: env.ALLOWED_ORIGINS,
      trustedProxies: env.TRUSTED_PROXIES,
    }
    this.database = {
      url: env.DATABASE_URL?.url ?? null,
      ssl: env.DATABASE_SSL ?? env.DATABASE_URL?.ssl ?? env.DATABASE_REPLICA_URL?.ssl ?? 'disable',
      poolSize: env.DATABASE_POOL_SIZE,
      replicaUrl: env.DATABASE_REPLICA_URL?.url ?? null,
      dataDir,
    }
    this.redis = env.REDIS_URL && { urls: env.REDIS_URL }
    this.tokens = {
      secretKey: env.SECRET_KEY ?? keptSecretKey(dataDir),
      previousSecretKey: env.SECRET_KEY_PREVIOUS,
      algorithm: env.ALGORITHM,
      accessTokenSeconds: env.ACCESS_TOKEN_EXPIRE_MINUTES * 60,
      refreshTokenSeconds: env.REFRESH_TOKEN_EXPIRE_DAYS * 86_400,
    }
    const google = googleOf(env)
    const github = githubOf(env)
    const onThisMachine =
      isLoopback(this.http.host) && isLoopback(new URL(this.http.publicUrl).hostname)
    const devWanted = !this.production && env.DEV_LOGIN === 'auto' && !google && !github
    this.login = {
      google,
      github,
      dev: devWanted && onThisMachine,
      legacy: env.LEGACY_LOGIN,
      linking: env.ACCOUNT_LINKING,
    }
    this.limits = {
      enabled: env.RATE_LIMIT_ENABLED,
      perMinute: env.RATE_LIMIT_PER_MINUTE,
      login: env.RATE_LIMIT_LOGIN,
      register: env.RATE_LIMIT_REGISTER,
      profile: env.RATE_LIMIT_PROFILE,
      search: env.RATE_LIMIT_SEARCH,
      upgrade: env.RATE_LIMIT_UPGRADE,
      foundPerDay: env.RATE_LIMIT_FOUND_PER_DAY,
    }
    this.signaling = {
      maxConnections: env.WEBSOCKET_MAX_CONNECTIONS,
      maxFrameBytes: env.WEBSOCKET_MAX_FRAME_BYTES,
      framesPerSecond: env.WEBSOCKET_FRAMES_PER_SECOND,
      frameBurst: env.WEBSOCKET_FRAME_BURST,
      maxQueuedBytes: env.WEBSOCKET_MAX_QUEUED_BYTES,
      pingSeconds: env.WEBSOCKET_PING_SECONDS,
    }
    this.ice = { stunUrls: env.STUN_URLS, turn: turnOf(env) }
    const metricsOn = env.METRICS_PORT !== null || env.METRICS_TOKEN !== null
    this.metrics = metricsOn ? { port: env.METRICS_PORT, token: env.METRICS_TOKEN } : null
    this.log = {
      level: env.DEBUG ? 'debug' : env.LOG_LEVEL,
      format: env.LOG_FORMAT ?? (this.production ? 'json' : 'pretty'),
    }
    this.warnings = this.warningsFor(devWanted)
  }

  private warningsFor(devWanted: boolean): string[] {
    const { login, limits, production } = this
    const warnings: string[] = []
    if (devWanted && !login.dev) {
      warnings.push(
        'DEV_LOGIN: is off because HOST or PUBLIC_URL is not a loopback address; use 127.0.0.1 for both, or configure a provider',
      )
    }
    if (!login.google && !login.github && !login.dev) {
      warnings.push(
        'GOOGLE_CLIENT_ID, GITHUB_CLIENT_ID: none is set, so nobody can log in; set one with its secret',
      )
    }
    if (production && !limits.enabled) {
      warnings.push('RATE_LIMIT_ENABLED: is false, so nothing slows a flood of requests')
    }
    if (production && this.debug) warnings.push('DEBUG: is on in production')
    return [...warnings, ...this.notYetUsed()]
  }

  /** Settings of the configuration contract whose features are still to come: said, not ignored. */
  private notYetUsed(): string[] {
    const settings = {
      METRICS_PORT: this.metrics?.port,
      METRICS_TOKEN: this.metrics?.token,
    }
    return Object.entries(settings)
      .filter(([, value]) => value !== null && value !== undefined)
      .map(([name]) => `${name}: is set, but this version does not use it yet`)
  }
}

function googleOf(env: Environment): ProviderConfig | null {
  if (env.GOOGLE_CLIENT_ID === null || env.GOOGLE_CLIENT_SECRET === null) return null
  return {
    clientId: env.GOOGLE_CLIENT_ID,
    clientSecret: env.GOOGLE_CLIENT_SECRET,
    authorizationUrl: env.GOOGLE_AUTHORIZATION_URL,
    tokenUrl: env.GOOGLE_TOKEN_URL,
    userUrl: env.GOOGLE_USERINFO_URL,
    emailsUrl: null,
  }
}

function githubOf(env: Environment): ProviderConfig | null {
  if (env.GITHUB_CLIENT_ID === null || env.GITHUB_CLIENT_SECRET === null) return null
  return {
    clientId: env.GITHUB_CLIENT_ID,
    clientSecret: env.GITHUB_CLIENT_SECRET,
    authorizationUrl: env.GITHUB_AUTHORIZATION_URL,
    tokenUrl: env.GITHUB_TOKEN_URL,
    userUrl: env.GITHUB_USER_URL,
    emailsUrl: env.GITHUB_EMAILS_URL,
  }
}

function turnOf(env: Environment): HubConfig['ice']['turn'] {
  if (env.TURN_URLS === null || env.TURN_SECRET === null) return null
  return { urls: env.TURN_URLS, secret: env.TURN_SECRET, ttlSeconds: env.TURN_TTL_SECONDS }
}
