import type { NestFastifyApplication } from '@nestjs/platform-fastify'

import { createApp } from './app.js'
import { Clock } from './common/clock.js'
import { Logger } from './common/logger.js'
import { ConfigError } from './config/config-error.js'
import { HubConfig } from './config/hub-config.js'
import { DataKeyError } from './database/data-key.js'
import { summary } from './summary.js'

try {
  const config = HubConfig.fromEnv()
  const logger = new Logger(config.log)
  const app = await createApp({ config, clock: new Clock(), logger })
  stopOnSignals(app)
  await app.listen(config.http.port, config.http.host)
  process.stdout.write(summary(config))
} catch (error) {
  fail(error)
}

/** The first signal stops cleanly; a second one does not wait. */
function stopOnSignals(app: NestFastifyApplication): void {
  let isStopping = false
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (isStopping) process.exit(1)
      isStopping = true
      app.close().then(() => process.exit(0), fail)
    })
  }
}

/** An operator's mistake is one message that names the variable; anything else is a stack. */
function fail(error: unknown): never {
  if (error instanceof ConfigError || error instanceof DataKeyError) {
    process.stderr.write(`${error.message}\n`)
    process.exit(ConfigError.exitCode)
  }
  console.error(error)
  process.exit(1)
}
