import { z } from 'zod'

import { Secret } from '../common/secret.js'
import {
  bindAddress,
  databaseUrl,
  httpUrl,
  originList,
  proxyList,
  publicOrigin,
  redisUrls,
  stunUrls,
  turnUrls,
} from './address-fields.js'
import { devLogin, flag, integer, nameGroups, oneOf, refuse, secretText, text } from './fields.js'
import { secretKeyFault } from './secret-key.js'

const secretKey = z.string().transform((value, ctx) => {
  const fault = secretKeyFault(value)
  return fault ? refuse(ctx, fault) : new Secret(value)
})

const MAX_RATE = 1_000_000

/** Every variable the hub reads: how, and what holds when it is unset. Unknown ones are ignored. */
export const environmentSchema = z.object({
  NODE_ENV: oneOf('development', 'production', 'test').prefault('development'),
  HOST: bindAddress.nullable().prefault(null),
  PORT: integer(0, 65_535).prefault('8000'),
  PUBLIC_URL: publicOrigin.nullable().prefault(null),

  DATABASE_URL: databaseUrl.nullable().prefault(null),
  DATABASE_SSL: oneOf('disable', 'require', 'verify-full').nullable().prefault(null),
  DATABASE_POOL_SIZE: integer(1, 1_000).prefault('10'),
  DATABASE_REPLICA_URL: databaseUrl.nullable().prefault(null),
  DATA_DIR: text(4_096).prefault('./data'),
  ALLOW_EMBEDDED_DATABASE: flag.prefault('false'),
  REDIS_URL: redisUrls.nullable().prefault(null),

  SECRET_KEY: secretKey.nullable().prefault(null),
  SECRET_KEY_PREVIOUS: secretKey.nullable().prefault(null),
  ALGORITHM: oneOf('HS256', 'HS384', 'HS512').prefault('HS256'),
  ACCESS_TOKEN_EXPIRE_MINUTES: integer(1, 1_440).prefault('30'),
  REFRESH_TOKEN_EXPIRE_DAYS: integer(1, 365).prefault('30'),

  GOOGLE_CLIENT_ID: text(512).nullable().prefault(null),
  GOOGLE_CLIENT_SECRET: secretText(1).nullable().prefault(null),
  GOOGLE_AUTHORIZATION_URL: httpUrl.prefault('https://accounts.google.com/o/oauth2/v2/auth'),
  GOOGLE_TOKEN_URL: httpUrl.prefault('https://oauth2.googleapis.com/token'),
  GOOGLE_USERINFO_URL: httpUrl.prefault('https://www.googleapis.com/oauth2/v3/userinfo'),
  GITHUB_CLIENT_ID: text(512).nullable().prefault(null),
  GITHUB_CLIENT_SECRET: secretText(1).nullable().prefault(null),
  GITHUB_AUTHORIZATION_URL: httpUrl.prefault('https://github.com/login/oauth/authorize'),
  GITHUB_TOKEN_URL: httpUrl.prefault('https://github.com/login/oauth/access_token'),
  GITHUB_USER_URL: httpUrl.prefault('https://api.github.com/user'),
  GITHUB_EMAILS_URL: httpUrl.prefault('https://api.github.com/user/emails'),
  DEV_LOGIN: devLogin.prefault('auto'),
  LEGACY_LOGIN: flag.prefault('on'),
  ACCOUNT_LINKING: oneOf('verified_email', 'never').prefault('verified_email'),

  ALLOWED_ORIGINS: originList.prefault(
    'http://localhost:1420,tauri://localhost,http://localhost:3000',
  ),
  TRUSTED_PROXIES: proxyList.prefault('loopback'),
  RATE_LIMIT_ENABLED: flag.prefault('true'),
  RATE_LIMIT_PER_MINUTE: integer(1, MAX_RATE).prefault('60'),
  RATE_LIMIT_LOGIN: integer(1, MAX_RATE).prefault('5'),
  RATE_LIMIT_REGISTER: integer(1, MAX_RATE).prefault('10'),
  RATE_LIMIT_PROFILE: integer(1, MAX_RATE).prefault('20'),
  RATE_LIMIT_SEARCH: integer(1, MAX_RATE).prefault('30'),
  RATE_LIMIT_UPGRADE: integer(1, MAX_RATE).prefault('30'),
  RATE_LIMIT_FOUND_PER_DAY: integer(50, 20_000).prefault('1000'),
  SKILL_ALIASES: nameGroups.nullable().prefault(null),

  WEBSOCKET_MAX_CONNECTIONS: integer(1, 1_000_000).prefault('10000'),
  WEBSOCKET_MAX_FRAME_BYTES: integer(1_024, 16_777_216).prefault('65536'),
  WEBSOCKET_FRAMES_PER_SECOND: integer(1, 100_000).prefault('50'),
  WEBSOCKET_FRAME_BURST: integer(1, 1_000_000).prefault('200'),
  WEBSOCKET_MAX_QUEUED_BYTES: integer(1_024, 268_435_456).prefault('262144'),
  WEBSOCKET_PING_SECONDS: integer(1, 300).prefault('20'),

  STUN_URLS: stunUrls.prefault('stun:stun.l.google.com:19302'),
  TURN_URLS: turnUrls.nullable().prefault(null),
  TURN_SECRET: secretText(16).nullable().prefault(null),
  TURN_TTL_SECONDS: integer(60, 86_400).prefault('600'),

  METRICS_PORT: integer(0, 65_535).nullable().prefault(null),
  METRICS_TOKEN: secretText(16).nullable().prefault(null),
  LOG_LEVEL: oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent').prefault('info'),
  LOG_FORMAT: oneOf('pretty', 'json').nullable().prefault(null),
  APP_NAME: text(100).prefault('D-PC Federation Hub'),
  SOURCE_URL: httpUrl.prefault('https://github.com/mikhashev/dpc-messenger'),
  DEBUG: flag.prefault('false'),
})

export type Environment = z.output<typeof environmentSchema>
export type VariableName = keyof Environment

/** May be given as a file, named by `<NAME>_FILE`. */
export const SECRET_VARIABLES = [
  'DATABASE_URL',
  'DATABASE_REPLICA_URL',
  'REDIS_URL',
  'SECRET_KEY',
  'SECRET_KEY_PREVIOUS',
  'GOOGLE_CLIENT_SECRET',
  'GITHUB_CLIENT_SECRET',
  'TURN_SECRET',
  'METRICS_TOKEN',
] as const satisfies readonly VariableName[]

/** Defaults that follow from other variables; here for development with the default port. */
const DERIVED_DEFAULTS: Readonly<Record<string, string>> = {
  HOST: '127.0.0.1',
  PUBLIC_URL: 'http://127.0.0.1:8000',
  DATABASE_SSL: 'disable',
  LOG_FORMAT: 'pretty',
}

export interface Variable {
  readonly name: string
  /** As it would be written in the environment; null: unset. */
  readonly default: string | null
  readonly secret: boolean
}

/** Every variable in the order of `.env.example`; the `_FILE` forms of secrets are not listed. */
export const variables: readonly Variable[] = Object.entries(environmentSchema.shape).map(
  ([name, field]) => ({
    name,
    default: field.def.defaultValue ?? DERIVED_DEFAULTS[name] ?? null,
    secret: SECRET_VARIABLES.some((secret) => secret === name),
  }),
)
