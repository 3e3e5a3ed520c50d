import type { NestFastifyApplication } from '@nestjs/platform-fastify'

import { createApp } from './app.js'
import { Clock } from './common/clock.js'
import { Logger } from './common/logger.js'
import { ConfigError } from './config/config-error.js'
import { HubConfig } from './config/hub-config.js'
import { DataKeyError } from './database/data-key.js'
import { DatabaseUnreachableError } from './database/unreachable.error.js'
import { Drain } from './signaling/drain.js'
import { summary } from './summary.js'

/**
 * Connections that the kernel keeps for us while the hub is busy. With Node's 511 it drops those of a
 * storm after a restart, and a client that loses a second or three to a repeated SYN is late for its
 * refresh (CONTRACT §4.1). The kernel's own limit (net.core.somaxconn, mostly 4096) applies besides.
 */
const WAITING_TO_BE_ACCEPTED = 16_384

/** Whatever hangs: the process has ended 15 s after the signal, which is how long it is waited for. */
const STOPS_WITHIN_MS = 14_500

const hub: { app: NestFastifyApplication | null; isStopping: boolean } = {
  app: null,
  isStopping: false,
}

stopOnSignals()
try {
  const config = HubConfig.fromEnv()
  const logger = new Logger(config.log)
  hub.app = await createApp({ config, clock: new Clock(), logger })
  if (hub.isStopping) await stop(hub.app)
  const { port, host } = config.http
  await hub.app.listen({ port, host, backlog: WAITING_TO_BE_ACCEPTED })
  process.stdout.write(summary(config))
} catch (error) {
  // What was begun is ended, the embedded database included.
  await hub.app?.close()
  fail(error)
}

/** The first signal stops cleanly, even while the hub starts; a second one does not wait. */
function stopOnSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (hub.isStopping) process.exit(1)
      hub.isStopping = true
      setTimeout(giveUp, STOPS_WITHIN_MS).unref()
      if (hub.app) stop(hub.app).catch(fail)
    })
  }
}

async function stop(app: NestFastifyApplication): Promise<never> {
  // First of all: what runs in the background goes on as long as there are sockets.
  await app.get(Drain).drain()
  await app.close()
  process.exit(0)
}

function giveUp(): never {
  process.stderr.write(`something hangs: the hub ends without having stopped cleanly\n`)
  process.exit(1)
}

/** An operator's mistake is one message that names the variable and the mend; the rest is a stack. */
function fail(error: unknown): never {
  if (isErrno(error, 'EADDRINUSE')) {
    process.stderr.write(`PORT: somebody else listens on it already; set another one\n`)
  } else if (isErrno(error, 'EACCES') || isErrno(error, 'EADDRNOTAVAIL')) {
    process.stderr.write(
      `HOST, PORT: cannot listen there; set an address of this machine and a port above 1023\n`,
    )
  } else if (isForOperators(error)) {
    process.stderr.write(`${error.message}\n`)
  } else {
    console.error(error)
    process.exit(1)
  }
  process.exit(ConfigError.exitCode)
}

function isForOperators(error: unknown): error is Error {
  return (
    error instanceof ConfigError ||
    error instanceof DataKeyError ||
    error instanceof DatabaseUnreachableError
  )
}

function isErrno(error: unknown, code: string): boolean {
  return (
    error instanceof Error &&
    'syscall' in error &&
    error.syscall === 'listen' &&
    'code' in error &&
    error.code === code
  )
}
