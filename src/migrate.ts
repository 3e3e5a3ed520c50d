import { Logger } from './common/logger.js'
import { ConfigError } from './config/config-error.js'
import { HubConfig } from './config/hub-config.js'
import { applyMigrations, pendingMigrations } from './database/migrate.js'
import { reachServer } from './database/open-database.js'

/** `npm run migrate`: applies what is pending. With `--status` it only says what is. */
try {
  const config = HubConfig.fromEnv()
  const server = await reachServer(config, new Logger(config.log))
  try {
    const isStatus = process.argv.includes('--status')
    const run = isStatus ? pendingMigrations : applyMigrations
    const names = await run(server.url, config.database.ssl)
    const word = isStatus ? 'pending' : 'applied'
    process.stdout.write(names.map((name) => `${word} ${name}\n`).join('') || `nothing ${word}\n`)
  } finally {
    await server.stop()
  }
} catch (error) {
  if (!(error instanceof ConfigError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = ConfigError.exitCode
}
