import { freePort } from './free-port.js'
import type { TestHub } from './hub.js'
import { HubProcess } from './hub-process.js'

/** Another instance of the hub, in a process of its own so that it can be killed; and its sockets' URL. */
export async function startProcessBeside(
  { config, database, url }: TestHub,
  env: Readonly<Record<string, string>> = {},
): Promise<{ process: HubProcess; socketUrl: string }> {
  const port = await freePort()
  const process = await HubProcess.start({
    SECRET_KEY: config.tokens.secretKey.reveal(),
    PORT: String(port),
    PUBLIC_URL: url,
    DATABASE_URL: database.url,
    ...env,
  })
  return { process, socketUrl: `ws://127.0.0.1:${port}/ws/signal` }
}
