import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'
import { inspect } from 'node:util'

import { describe, expect, it } from '@jest/globals'

import { ConfigError } from './config-error.js'
import { variables } from './environment.js'
import { HubConfig } from './hub-config.js'
import { withDotEnv } from './read-environment.js'

const KEY = 'pT7uXw2Lq9ZkR4vB8nYc1mHs6JdF0gAe3iKo5UtWxQz='
const OLD_KEY = 'Zr8kQ1xVb5Ny7Lw3Tm9Hc4Jf6Gd2Sp0Xa-UeIoRqMvE='
const DATABASE = 'postgresql://hub:pw@db.internal:5432/hub'

const development = { SECRET_KEY: KEY }
const production = {
  NODE_ENV: 'production',
  SECRET_KEY: KEY,
  PUBLIC_URL: 'https://hub.example',
  DATABASE_URL: DATABASE,
}
const google = { GOOGLE_CLIENT_ID: 'id', GOOGLE_CLIENT_SECRET: 'client-secret' }

type Variables = Record<string, string>

function faultsOf(env: Variables): readonly string[] {
  try {
    HubConfig.fromEnv(env)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.faults
    throw error
  }
}

function file(content: string): string {
  const path = join(mkdtempSync(join(tmpdir(), 'hub-config-')), 'value')
  writeFileSync(path, content)
  return path
}

describe('a bad configuration', () => {
  const rows: readonly [why: string, named: string, env: Variables, mend: RegExp][] = [
    ['a NODE_ENV nobody knows', 'NODE_ENV', { NODE_ENV: 'prod' }, /use one of .*production/],
    ['a host with a port', 'HOST', { HOST: '127.0.0.1:80' }, /without a port/],
    ['an address outside IPv4', 'HOST', { HOST: '300.1.1.1' }, /use an address/],
    ['a port in words', 'PORT', { PORT: 'http' }, /from 0 to 65535/],
    ['a port too high', 'PORT', { PORT: '65536' }, /from 0 to 65535/],
    ['a negative port', 'PORT', { PORT: '-1' }, /from 0 to 65535/],
    ['half a port', 'PORT', { PORT: '80.5' }, /whole number/],
    ['a public address without scheme', 'PUBLIC_URL', { PUBLIC_URL: 'hub.example' }, /https:/],
    ['a public path', 'PUBLIC_URL', { PUBLIC_URL: 'https://hub.example/hub' }, /scheme, host/],
    ['a public query', 'PUBLIC_URL', { PUBLIC_URL: 'https://hub.example?a=1' }, /scheme, host/],
    ['a public user', 'PUBLIC_URL', { PUBLIC_URL: 'https://me:pw@hub.example' }, /scheme, host/],
    ['a public wildcard', 'PUBLIC_URL', { PUBLIC_URL: 'http://0.0.0.0:8000' }, /scheme, host/],
    ['a socket address', 'PUBLIC_URL', { PUBLIC_URL: 'wss://hub.example' }, /https:/],
    ['another database', 'DATABASE_URL', { DATABASE_URL: 'mysql://u:p@h/d' }, /postgresql:/],
    ['a database without host', 'DATABASE_URL', { DATABASE_URL: 'postgres:///d' }, /user:password/],
    ['a raw % in a password', 'DATABASE_URL', { DATABASE_URL: 'postgres://u:5%of@h/d' }, /encoded/],
    ['a raw / in a password', 'DATABASE_URL', { DATABASE_URL: 'postgres://u:5/f@h/d' }, /encoded/],
    ['a raw # in a password', 'DATABASE_URL', { DATABASE_URL: 'postgres://u:5#f@h/d' }, /encoded/],
    ['sslmode=prefer', 'DATABASE_URL', { DATABASE_URL: `${DATABASE}?sslmode=prefer` }, /require/],
    ['an ssl mode nobody knows', 'DATABASE_SSL', { DATABASE_SSL: 'maybe' }, /verify-full/],
    [
      'two ssl modes',
      'DATABASE_SSL',
      { DATABASE_URL: `${DATABASE}?sslmode=disable`, DATABASE_SSL: 'verify-full' },
      /say it once/,
    ],
    ['no connections', 'DATABASE_POOL_SIZE', { DATABASE_POOL_SIZE: '0' }, /from 1 to/],
    ['a replica of nothing', 'DATABASE_REPLICA_URL', { DATABASE_REPLICA_URL: DATABASE }, /both/],
    ['a boolean in words', 'ALLOW_EMBEDDED_DATABASE', { ALLOW_EMBEDDED_DATABASE: 'ja' }, /true/],
    ['Redis over http', 'REDIS_URL', { REDIS_URL: 'http://cache:6379' }, /redis:\/\//],
    ['a second node without scheme', 'REDIS_URL', { REDIS_URL: 'redis://a:1,b:2' }, /each node/],
    ['one of several Redis databases', 'REDIS_URL', { REDIS_URL: 'redis://a:6379/2' }, /by number/],
    ['a Redis user alone', 'REDIS_URL', { REDIS_URL: 'redis://hub@a' }, /redis:\/\/user:password/],
    ['half a cluster in TLS', 'REDIS_URL', { REDIS_URL: 'redis://a,rediss://b' }, /every node/],
    ['a short key', 'SECRET_KEY', { SECRET_KEY: 'Xk2-short_on' }, /is 12 characters long.*openssl/],
    ['one letter as key', 'SECRET_KEY', { SECRET_KEY: 'x'.repeat(64) }, /openssl rand/],
    [
      'a repeated key',
      'SECRET_KEY',
      { SECRET_KEY: 'a8Kz1Qw9'.repeat(5) },
      /repeats itself.*openssl/,
    ],
    [
      'the alphabet as key',
      'SECRET_KEY',
      { SECRET_KEY: 'abcdefghijklmnopqrstuvwxyz0123456789' },
      /alphabet.*openssl/,
    ],
    [
      'the key of a README',
      'SECRET_KEY',
      { SECRET_KEY: 'generate_with_openssl_rand_hex_32' },
      /example.*use at least 32/,
    ],
    ['a weak old key', 'SECRET_KEY_PREVIOUS', { SECRET_KEY_PREVIOUS: 'short' }, /openssl rand/],
    ['the same key as before', 'SECRET_KEY_PREVIOUS', { SECRET_KEY_PREVIOUS: KEY }, /unset it/],
    ['an asymmetric algorithm', 'ALGORITHM', { ALGORITHM: 'RS256' }, /HS256, HS384, HS512/],
    ['no algorithm', 'ALGORITHM', { ALGORITHM: 'none' }, /HS256, HS384, HS512/],
    [
      'tokens for ever',
      'ACCESS_TOKEN_EXPIRE_MINUTES',
      { ACCESS_TOKEN_EXPIRE_MINUTES: '1e9' },
      /to/,
    ],
    ['no life', 'REFRESH_TOKEN_EXPIRE_DAYS', { REFRESH_TOKEN_EXPIRE_DAYS: '0' }, /from 1 to 365/],
    ['half of google', 'GOOGLE_CLIENT_SECRET', { GOOGLE_CLIENT_ID: 'id' }, /both or neither/],
    ['the other half', 'GOOGLE_CLIENT_ID', { GOOGLE_CLIENT_SECRET: 's' }, /both or neither/],
    ['half of github', 'GITHUB_CLIENT_SECRET', { GITHUB_CLIENT_ID: 'id' }, /both or neither/],
    ['a script as provider', 'GOOGLE_TOKEN_URL', { GOOGLE_TOKEN_URL: 'javascript:0' }, /http/],
    [
      'a provider user',
      'GITHUB_USER_URL',
      { GITHUB_USER_URL: 'https://u:pw@ghe.example' },
      /plain/,
    ],
    ['dev login by force', 'DEV_LOGIN', { DEV_LOGIN: 'on' }, /use auto .* or off/],
    ['a half-open redirect', 'LEGACY_LOGIN', { LEGACY_LOGIN: 'maybe' }, /true or false/],
    ['linking by name', 'ACCOUNT_LINKING', { ACCOUNT_LINKING: 'email' }, /verified_email, never/],
    ['every origin', 'ALLOWED_ORIGINS', { ALLOWED_ORIGINS: '*' }, /https:\/\/a\.example/],
    ['a wildcard origin', 'ALLOWED_ORIGINS', { ALLOWED_ORIGINS: 'https://*.a.b' }, /a\.example/],
    ['an origin with a path', 'ALLOWED_ORIGINS', { ALLOWED_ORIGINS: 'https://a.b/c' }, /origins/],
    ['no origin at all', 'ALLOWED_ORIGINS', { ALLOWED_ORIGINS: ' , ' }, /at least one/],
    ['proxies by name', 'TRUSTED_PROXIES', { TRUSTED_PROXIES: 'nginx' }, /loopback, private/],
    ['a network too long', 'TRUSTED_PROXIES', { TRUSTED_PROXIES: '10.0.0.0/33' }, /10\.0\.0\.0/],
    ['everybody as proxy', 'TRUSTED_PROXIES', { TRUSTED_PROXIES: '::/0' }, /name the network/],
    ['no requests', 'RATE_LIMIT_SEARCH', { RATE_LIMIT_SEARCH: '0' }, /from 1 to/],
    [
      'hardly anybody',
      'RATE_LIMIT_FOUND_PER_DAY',
      { RATE_LIMIT_FOUND_PER_DAY: '49' },
      /from 50 to/,
    ],
    [
      'a name without another',
      'SKILL_ALIASES',
      { SKILL_ALIASES: 'k8s' },
      /as a = b, groups with ;/,
    ],
    ['half an alias', 'SKILL_ALIASES', { SKILL_ALIASES: 'a = b; k8s =' }, /"k8s = ".*as a = b/],
    ['limits by feeling', 'RATE_LIMIT_ENABLED', { RATE_LIMIT_ENABLED: 'a bit' }, /true or false/],
    ['no sockets', 'WEBSOCKET_MAX_CONNECTIONS', { WEBSOCKET_MAX_CONNECTIONS: '0' }, /from 1/],
    ['a frame too small', 'WEBSOCKET_MAX_FRAME_BYTES', { WEBSOCKET_MAX_FRAME_BYTES: '64' }, /1024/],
    [
      'a queue below one frame',
      'WEBSOCKET_MAX_QUEUED_BYTES',
      { WEBSOCKET_MAX_QUEUED_BYTES: '2048' },
      /at least WEBSOCKET_MAX_FRAME_BYTES/,
    ],
    ['no pings', 'WEBSOCKET_PING_SECONDS', { WEBSOCKET_PING_SECONDS: '0' }, /from 1 to 300/],
    ['STUN over http', 'STUN_URLS', { STUN_URLS: 'http://stun.example' }, /stun:stun\.example/],
    ['TURN without secret', 'TURN_SECRET', { TURN_URLS: 'turn:turn.example' }, /both or neither/],
    ['a secret without TURN', 'TURN_URLS', { TURN_SECRET: 'k3-Rw0pLs8VbXz7q' }, /both or neither/],
    ['a short TURN secret', 'TURN_SECRET', { TURN_SECRET: 'short' }, /at least 16.*openssl/],
    ['the hub as metrics', 'METRICS_PORT', { METRICS_PORT: '8000' }, /another port/],
    ['a short metrics token', 'METRICS_TOKEN', { METRICS_TOKEN: 'abc' }, /at least 16.*openssl/],
    ['a token no header takes', 'METRICS_TOKEN', { METRICS_TOKEN: 'ключ-от-метрик-хаба' }, /ASCII/],
    ['a level nobody knows', 'LOG_LEVEL', { LOG_LEVEL: 'loud' }, /info/],
    ['a format nobody knows', 'LOG_FORMAT', { LOG_FORMAT: 'xml' }, /pretty, json/],
    ['a name of two lines', 'APP_NAME', { APP_NAME: 'a\nb' }, /printable/],
    ['source on a disk', 'SOURCE_URL', { SOURCE_URL: 'file:///src' }, /http/],
    ['a debug pattern', 'DEBUG', { DEBUG: 'express:*' }, /true or false/],
    ['a secret file that is not there', 'SECRET_KEY_FILE', { SECRET_KEY_FILE: '/none' }, /ENOENT/],
    ['a directory as secret', 'REDIS_URL_FILE', { REDIS_URL_FILE: tmpdir() }, /EISDIR.*name one/],
    ['an empty secret file', 'TURN_SECRET_FILE', { TURN_SECRET_FILE: file('\n') }, /write the/],
  ]

  it.each(rows)('%s is refused by the name %s, with the mend', (_why, named, env, mend) => {
    const secretKey = 'SECRET_KEY_FILE' in env ? {} : development
    const faults = faultsOf({ ...secretKey, ...env })
    expect(faults).toEqual([expect.stringMatching(new RegExp(`^${named}: .+; .+`))])
    expect(faults[0]).toMatch(mend)
  })

  it('has a row for at least forty different faults', () => {
    expect(rows.length).toBeGreaterThanOrEqual(40)
  })

  it('is told whole: faults of form, of files and between variables in one error', () => {
    const faults = faultsOf({
      ...production,
      PUBLIC_URL: 'http://hub.example',
      PORT: 'x',
      SECRET_KEY: '',
      METRICS_TOKEN_FILE: '/none',
      GITHUB_CLIENT_ID: 'id',
      LOG_LEVEL: 'loud',
    })
    expect(faults.map((fault) => fault.split(':')[0]).toSorted()).toEqual([
      'GITHUB_CLIENT_SECRET',
      'LOG_LEVEL',
      'METRICS_TOKEN_FILE',
      'PORT',
      'PUBLIC_URL',
      'SECRET_KEY',
    ])
  })

  it('names a variable once: what follows from a fault is not told as another', () => {
    const broken = { ...production, SECRET_KEY: 'short', PUBLIC_URL: 'nowhere', DATABASE_URL: 'x' }
    expect(faultsOf({ ...broken, ...google, GOOGLE_CLIENT_SECRET: 'not ascii ☺' })).toHaveLength(4)
  })

  it('prints each fault on a line of its own and exits with EX_CONFIG', () => {
    const { message } = new ConfigError(['PORT: is "x"; use 1', 'HOST: is "y"; use 2'])
    expect(message.split('\n').slice(1)).toEqual(['  PORT: is "x"; use 1', '  HOST: is "y"; use 2'])
    expect(ConfigError.exitCode).toBe(78)
  })

  it.each(variables.filter(({ secret }) => secret))('never shows a secret: $name', ({ name }) => {
    const marker = 'hunter2'
    const values = [
      marker,
      `${marker} ☺`,
      `ftp://u:${marker}@h`,
      `postgres://u:${marker}/x@h/d`,
      `postgres://u:${marker}%@h/d`,
      `postgres://u:${marker}@h/d?sslmode=no`,
      `redis://u:${marker}@a,redis://u:${marker}@`,
    ]
    for (const value of values) {
      const faults = [
        ...faultsOf({ ...development, [name]: value }),
        ...faultsOf({ [`${name}_FILE`]: value, ...(name === 'SECRET_KEY' ? {} : development) }),
        ...faultsOf({ ...development, [name]: value, [`${name}_FILE`]: value }),
      ]
      expect(faults.length).toBeGreaterThan(0)
      expect(faults.join()).not.toContain(marker)
    }
  })
})

describe('production', () => {
  it('runs with a key, an address and a database', () => {
    const config = HubConfig.fromEnv(production)
    expect(config.production).toBe(true)
    expect(config.http).toMatchObject({ host: '0.0.0.0', port: 8000 })
    expect(config.http.publicUrl).toBe('https://hub.example')
    expect(config.log.format).toBe('json')
    expect(config.login.dev).toBe(false)
  })

  it.each([
    ['SECRET_KEY', { SECRET_KEY: '' }],
    ['SECRET_KEY', { SECRET_KEY: 'change-me-change-me-change-me-change-me' }],
    ['PUBLIC_URL', { PUBLIC_URL: '' }],
    ['PUBLIC_URL', { PUBLIC_URL: 'http://hub.example' }],
    ['DATABASE_URL', { DATABASE_URL: '' }],
    ['DEV_LOGIN', { DEV_LOGIN: 'on' }],
    ['GOOGLE_TOKEN_URL', { ...google, GOOGLE_TOKEN_URL: 'http://oauth.example/token' }],
    ['GITHUB_EMAILS_URL', { GITHUB_EMAILS_URL: 'http://ghe.example/emails' }],
  ])('refuses what is only good for trying out: %s %j', (named, env) => {
    expect(faultsOf({ ...production, ...env })).toEqual([
      expect.stringMatching(new RegExp(`^${named}: .+; .+`)),
    ])
  })

  it('takes the embedded Postgres when told to', () => {
    const env = { ...production, DATABASE_URL: '', ALLOW_EMBEDDED_DATABASE: 'true' }
    expect(HubConfig.fromEnv(env).database.url).toBeNull()
  })

  it('takes a provider on loopback over plain http, as a sidecar or a test has it', () => {
    const tokenUrl = 'http://127.0.0.1:9000/token'
    const config = HubConfig.fromEnv({ ...production, ...google, GOOGLE_TOKEN_URL: tokenUrl })
    expect(config.login.google?.tokenUrl).toBe(tokenUrl)
  })

  it('warns when nobody can log in, limits are off or debugging is on', () => {
    const loose = { ...production, RATE_LIMIT_ENABLED: 'false', DEBUG: 'true' }
    expect(HubConfig.fromEnv(loose).warnings).toEqual([
      expect.stringContaining('nobody can log in'),
      expect.stringContaining('RATE_LIMIT_ENABLED'),
      expect.stringContaining('DEBUG'),
    ])
    expect(HubConfig.fromEnv({ ...production, ...google }).warnings).toEqual([])
  })
})

describe('defaults', () => {
  it('hold when nothing else is set', () => {
    const { tokens, ...config } = HubConfig.fromEnv(development)
    expect(tokens).toMatchObject({ algorithm: 'HS256', previousSecretKey: null })
    expect(tokens).toMatchObject({ accessTokenSeconds: 1_800, refreshTokenSeconds: 2_592_000 })
    expect(config).toEqual({
      production: false,
      debug: false,
      appName: 'D-PC Federation Hub',
      sourceUrl: 'https://github.com/mikhashev/dpc-messenger',
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      warnings: [],
      skillAliases: [],
      http: {
        host: '127.0.0.1',
        port: 8000,
        publicUrl: 'http://127.0.0.1:8000',
        allowedOrigins: ['http://localhost:1420', 'tauri://localhost', 'http://localhost:3000'],
        trustedProxies: ['loopback'],
      },
      database: {
        url: null,
        ssl: 'disable',
        poolSize: 10,
        replicaUrl: null,
        dataDir: resolve('data'),
      },
      redis: null,
      login: { google: null, github: null, dev: true, legacy: true, linking: 'verified_email' },
      limits: {
        enabled: true,
        perMinute: 60,
        login: 5,
        register: 10,
        profile: 20,
        search: 30,
        upgrade: 30,
        foundPerDay: 1_000,
      },
      signaling: {
        maxConnections: 10_000,
        maxFrameBytes: 65_536,
        framesPerSecond: 50,
        frameBurst: 200,
        maxQueuedBytes: 262_144,
        pingSeconds: 20,
      },
      ice: { stunUrls: ['stun:stun.l.google.com:19302'], turn: null },
      metrics: null,
      log: { level: 'info', format: 'pretty' },
    })
  })

  it('hold for empty and blank variables, as compose files write them', () => {
    const blank = Object.fromEntries(variables.map(({ name }, at) => [name, at % 2 ? '' : ' ']))
    expect(HubConfig.fromEnv({ ...blank, ...development })).toEqual(HubConfig.fromEnv(development))
  })

  it('ignore variables of other programs', () => {
    const config = HubConfig.fromEnv({ ...development, PATH: '/bin', EDITOR: 'vi' })
    expect(config).toEqual(HubConfig.fromEnv(development))
  })
})

describe('each setting', () => {
  const rows: readonly [env: Variables, read: (config: HubConfig) => unknown, value: unknown][] = [
    [{ HOST: '[::1]' }, (c) => c.http.host, '::1'],
    [{ PORT: '0', PUBLIC_URL: 'http://127.0.0.1:9' }, (c) => c.http.port, 0],
    [{ PORT: '9000' }, (c) => c.http.publicUrl, 'http://127.0.0.1:9000'],
    [{ PUBLIC_URL: 'https://HUB.example:443/' }, (c) => c.http.publicUrl, 'https://hub.example'],
    [{ DATABASE_SSL: 'require' }, (c) => c.database.ssl, 'require'],
    [{ DATABASE_URL: 'postgres://h/d' }, (c) => c.database.url?.reveal(), 'postgres://h/d'],
    [
      { DATABASE_URL: 'postgresql+asyncpg://u:p%40@h/d' },
      (c) => c.database.url?.reveal(),
      'postgresql://u:p%40@h/d',
    ],
    [
      { DATABASE_URL: 'postgres://u:p@h/d?sslmode=require&application_name=x' },
      (c) => [c.database.url?.reveal(), c.database.ssl],
      ['postgres://u:p@h/d?application_name=x', 'require'],
    ],
    [
      { DATABASE_URL: 'postgresql+asyncpg://u:p@h/d?ssl=true' },
      (c) => [c.database.url?.reveal(), c.database.ssl],
      ['postgresql://u:p@h/d', 'require'],
    ],
    [
      { DATABASE_URL: 'postgresql:///d?host=/run/postgresql' },
      (c) => c.database.url?.reveal(),
      'postgresql:///d?host=/run/postgresql',
    ],
    [{ DATABASE_POOL_SIZE: '3' }, (c) => c.database.poolSize, 3],
    [
      { DATABASE_URL: DATABASE, DATABASE_REPLICA_URL: 'postgres://r/d' },
      (c) => c.database.replicaUrl?.reveal(),
      'postgres://r/d',
    ],
    [{ DATA_DIR: '/var/lib/hub' }, (c) => c.database.dataDir, '/var/lib/hub'],
    [{ DATA_DIR: 'here' }, (c) => isAbsolute(c.database.dataDir), true],
    [
      { REDIS_URL: 'rediss://:pw@a:6379, rediss://:pw@b:6379' },
      (c) => c.redis?.urls.map((url) => url.reveal()),
      ['rediss://:pw@a:6379', 'rediss://:pw@b:6379'],
    ],
    [{ SECRET_KEY: OLD_KEY }, (c) => c.tokens.secretKey.reveal(), OLD_KEY],
    [{ SECRET_KEY_PREVIOUS: OLD_KEY }, (c) => c.tokens.previousSecretKey?.reveal(), OLD_KEY],
    [{ ALGORITHM: 'hs512' }, (c) => c.tokens.algorithm, 'HS512'],
    [{ ACCESS_TOKEN_EXPIRE_MINUTES: '5' }, (c) => c.tokens.accessTokenSeconds, 300],
    [{ REFRESH_TOKEN_EXPIRE_DAYS: '1' }, (c) => c.tokens.refreshTokenSeconds, 86_400],
    [
      { ...google, GOOGLE_AUTHORIZATION_URL: 'http://localhost:1/a' },
      (c) => c.login.google?.authorizationUrl,
      'http://localhost:1/a',
    ],
    [{ ...google }, (c) => c.login.google?.clientSecret.reveal(), 'client-secret'],
    [{ ...google }, (c) => c.login.google?.emailsUrl, null],
    [{ ...google, GOOGLE_TOKEN_URL: 'http://g/t' }, (c) => c.login.google?.tokenUrl, 'http://g/t'],
    [
      { ...google, GOOGLE_USERINFO_URL: 'http://g/u' },
      (c) => c.login.google?.userUrl,
      'http://g/u',
    ],
    [
      {
        GITHUB_CLIENT_ID: 'gh',
        GITHUB_CLIENT_SECRET: 's3',
        GITHUB_AUTHORIZATION_URL: 'http://ghe/a',
        GITHUB_TOKEN_URL: 'http://ghe/t',
        GITHUB_USER_URL: 'http://ghe/u',
        GITHUB_EMAILS_URL: 'http://ghe/e',
      },
      (c) => ({ ...c.login.github, clientSecret: c.login.github?.clientSecret.reveal() }),
      {
        clientId: 'gh',
        clientSecret: 's3',
        authorizationUrl: 'http://ghe/a',
        tokenUrl: 'http://ghe/t',
        userUrl: 'http://ghe/u',
        emailsUrl: 'http://ghe/e',
      },
    ],
    [{ DEV_LOGIN: 'off' }, (c) => c.login.dev, false],
    [{ LEGACY_LOGIN: 'OFF' }, (c) => c.login.legacy, false],
    [{ ACCOUNT_LINKING: 'never' }, (c) => c.login.linking, 'never'],
    [
      { ALLOWED_ORIGINS: 'HTTPS://A.example:443/, app://x,https://a.example' },
      (c) => c.http.allowedOrigins,
      ['https://a.example', 'app://x'],
    ],
    [
      { TRUSTED_PROXIES: 'Private, 203.0.113.7,2001:db8::/32' },
      (c) => c.http.trustedProxies,
      ['private', '203.0.113.7', '2001:db8::/32'],
    ],
    [{ RATE_LIMIT_ENABLED: 'no' }, (c) => c.limits.enabled, false],
    [{ RATE_LIMIT_PER_MINUTE: '1' }, (c) => c.limits.perMinute, 1],
    [{ RATE_LIMIT_LOGIN: '2' }, (c) => c.limits.login, 2],
    [{ RATE_LIMIT_REGISTER: '3' }, (c) => c.limits.register, 3],
    [{ RATE_LIMIT_PROFILE: '4' }, (c) => c.limits.profile, 4],
    [{ RATE_LIMIT_SEARCH: '5' }, (c) => c.limits.search, 5],
    [{ RATE_LIMIT_UPGRADE: '6' }, (c) => c.limits.upgrade, 6],
    [{ RATE_LIMIT_FOUND_PER_DAY: '50' }, (c) => c.limits.foundPerDay, 50],
    [
      { SKILL_ALIASES: 'k8s = kubernetes=kube; ; C# = c sharp\nml = ai;' },
      (c) => c.skillAliases,
      [
        ['k8s', 'kubernetes', 'kube'],
        ['C#', 'c sharp'],
        ['ml', 'ai'],
      ],
    ],
    [{ WEBSOCKET_MAX_CONNECTIONS: '7' }, (c) => c.signaling.maxConnections, 7],
    [{ WEBSOCKET_MAX_FRAME_BYTES: '8192' }, (c) => c.signaling.maxFrameBytes, 8_192],
    [{ WEBSOCKET_FRAMES_PER_SECOND: '9' }, (c) => c.signaling.framesPerSecond, 9],
    [{ WEBSOCKET_FRAME_BURST: '10' }, (c) => c.signaling.frameBurst, 10],
    [{ WEBSOCKET_MAX_QUEUED_BYTES: '70000' }, (c) => c.signaling.maxQueuedBytes, 70_000],
    [{ WEBSOCKET_PING_SECONDS: '1' }, (c) => c.signaling.pingSeconds, 1],
    [
      { STUN_URLS: 'stun:[2001:db8::1]:3478,stuns:s.example' },
      (c) => c.ice.stunUrls,
      ['stun:[2001:db8::1]:3478', 'stuns:s.example'],
    ],
    [
      {
        TURN_URLS: 'turn:t.example:3478?transport=udp,turns:t.example',
        TURN_SECRET: 'k3-Rw0pLs8VbXz7q',
        TURN_TTL_SECONDS: '60',
      },
      (c) => ({ ...c.ice.turn, secret: c.ice.turn?.secret.reveal() }),
      {
        urls: ['turn:t.example:3478?transport=udp', 'turns:t.example'],
        secret: 'k3-Rw0pLs8VbXz7q',
        ttlSeconds: 60,
      },
    ],
    [{ METRICS_PORT: '9100' }, (c) => c.metrics, { port: 9_100, token: null }],
    [
      { METRICS_TOKEN: 'k3-Rw0pLs8VbXz7q' },
      (c) => [c.metrics?.port, c.metrics?.token?.reveal()],
      [null, 'k3-Rw0pLs8VbXz7q'],
    ],
    [{ LOG_LEVEL: 'debug' }, (c) => c.log.level, 'debug'],
    [{ LOG_FORMAT: 'json' }, (c) => c.log.format, 'json'],
    [{ APP_NAME: 'Хаб 東京' }, (c) => c.appName, 'Хаб 東京'],
    [{ SOURCE_URL: 'https://git.example/hub' }, (c) => c.sourceUrl, 'https://git.example/hub'],
    [{ DEBUG: 'Yes' }, (c) => c.debug, true],
    [{ NODE_ENV: 'test' }, (c) => c.production, false],
    [{ ...production }, (c) => c.production, true],
    [{ ...production, DATABASE_URL: '', ALLOW_EMBEDDED_DATABASE: '1' }, (c) => c.redis, null],
  ]

  it.each(rows)('%j changes the configuration', (env, read, value) => {
    expect(read(HubConfig.fromEnv({ ...development, ...env }))).toEqual(value)
  })

  it('has a row in this table', () => {
    const set = new Set(rows.flatMap(([env]) => Object.keys(env)))
    expect(variables.map(({ name }) => name).filter((name) => !set.has(name))).toEqual([])
  })
})

describe('a secret in a file', () => {
  it('is read without its last newline', () => {
    const config = HubConfig.fromEnv({ SECRET_KEY_FILE: file(`${KEY}\n`) })
    expect(config.tokens.secretKey.reveal()).toBe(KEY)
  })

  it('is held to the same rules', () => {
    expect(faultsOf({ SECRET_KEY_FILE: file('short') })).toEqual([
      expect.stringMatching(/^SECRET_KEY: is 5 characters long; use/),
    ])
  })

  it('is not taken for what is missing in production', () => {
    const env = { ...production, SECRET_KEY: '', SECRET_KEY_FILE: file(KEY) }
    expect(faultsOf(env)).toEqual([])
  })

  it('is refused beside the variable itself', () => {
    expect(faultsOf({ ...development, SECRET_KEY_FILE: file(KEY) })).toEqual([
      expect.stringMatching(/^SECRET_KEY_FILE: .*keep one/),
    ])
  })
})

describe('the development login', () => {
  it.each([
    ['HOST', { HOST: '0.0.0.0' }],
    ['HOST', { HOST: '192.168.1.5' }],
    ['PUBLIC_URL', { PUBLIC_URL: 'https://tunnel.example' }],
  ])('is off, with a warning, when %s leaves this machine: %j', (_name, env) => {
    const config = HubConfig.fromEnv({ ...development, ...env })
    expect(config.login.dev).toBe(false)
    expect(config.warnings[0]).toMatch(/^DEV_LOGIN: is off because/)
  })

  it.each([
    { HOST: 'localhost', PUBLIC_URL: 'http://hub.localhost:8000' },
    { HOST: '::1', PUBLIC_URL: 'http://[::1]:8000' },
    { HOST: '127.8.9.1', PUBLIC_URL: 'http://127.0.0.1:1' },
  ])('is on for every name of this machine: %j', (env) => {
    const config = HubConfig.fromEnv({ ...development, ...env })
    expect(config.login.dev).toBe(true)
    expect(config.warnings).toEqual([])
  })

  it('is off without a word when a provider is configured or it is switched off', () => {
    const wide = { ...development, HOST: '0.0.0.0' }
    expect(HubConfig.fromEnv({ ...wide, ...google })).toMatchObject({
      login: { dev: false },
      warnings: [],
    })
    expect(HubConfig.fromEnv({ ...wide, DEV_LOGIN: 'off' }).warnings.join()).not.toMatch(/^DEV/)
  })
})

describe('the file .env', () => {
  const path = file('PORT=9000\nHOST="::1" # a comment\nAPP_NAME=\n')

  it('gives what the environment leaves open', () => {
    const env = withDotEnv({ PORT: '9001', PATH: '/bin' }, path)
    expect(env).toEqual({ PORT: '9001', PATH: '/bin', HOST: '::1', APP_NAME: '' })
  })

  it('is not looked for in production, nor missed in development', () => {
    expect(withDotEnv(production, path)).toBe(production)
    expect(withDotEnv(development, '/none')).toBe(development)
  })

  it('leaves the environment of the process alone', () => {
    withDotEnv(process.env, file('HUB_CONFIG_SPEC=1'))
    expect(process.env['HUB_CONFIG_SPEC']).toBeUndefined()
  })

  it('is one fault when it cannot be read', () => {
    expect(() => withDotEnv({}, tmpdir())).toThrow(/\.env: cannot be read \(EISDIR\); let/)
  })
})

it('prints no secret however it is shown', () => {
  const secrets = {
    SECRET_KEY_PREVIOUS: OLD_KEY,
    DATABASE_URL: DATABASE,
    REDIS_URL: 'redis://:client-secret@a',
    METRICS_TOKEN: 'client-secret-client-secret',
  }
  const config = HubConfig.fromEnv({ ...development, ...google, ...secrets })
  for (const text of [inspect(config, { depth: 9, showHidden: true }), JSON.stringify(config)]) {
    for (const secret of [KEY, OLD_KEY, ':pw@', 'client-secret']) expect(text).not.toContain(secret)
  }
})
