import type { HubConfig } from './config/hub-config.js'

/** What an operator wants to see after the start: addresses, and what is on or off. */
export function summary(config: HubConfig): string {
  const { http, login } = config
  const providers = [login.google ? 'Google' : null, login.github ? 'GitHub' : null].filter(Boolean)
  const logins = login.dev
    ? 'development page (no credentials set)'
    : providers.join(', ') || 'none'
  const lines = [
    ['hub', `${config.appName} ${config.version}`],
    ['listening', `${http.host}:${http.port}`],
    ['public', http.publicUrl],
    ['socket', `${http.publicUrl.replace(/^http/, 'ws')}/ws/signal`],
    ['docs', `${http.publicUrl}/docs`],
    ['login', logins],
    [
      'database',
      config.database.url ? 'DATABASE_URL' : `embedded, under ${config.database.dataDir}`,
    ],
    ['ice', config.ice.turn ? 'STUN and TURN' : 'STUN only: TURN_URLS is not set'],
    ['limits', config.limits.enabled ? 'on' : 'OFF'],
    ['classic', config.login.legacy ? 'login redirect on' : 'login redirect off'],
    ...config.warnings.map((warning) => ['WARNING', warning]),
  ]
  return `\n${lines.map(([name, value]) => `  ${String(name).padEnd(10)} ${String(value)}`).join('\n')}\n\n`
}
