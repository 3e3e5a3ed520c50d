import { ConfigError } from './config-error.js'
import { isProduction, withDotEnv, type RawEnvironment } from './read-environment.js'

/**
 * For commands that only a development hub may run. Looks at nothing else, so that the answer is
 * this one and not what else the environment may lack.
 *
 * @throws ConfigError in production
 */
export function refuseInProduction(
  command: string,
  env: RawEnvironment = withDotEnv(process.env),
): void {
  if (!isProduction(env)) return
  throw new ConfigError([
    `NODE_ENV: is production, and ${command} writes made-up data; run it against a development database`,
  ])
}
