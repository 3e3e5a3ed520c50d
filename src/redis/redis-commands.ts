import type { OnApplicationShutdown } from '@nestjs/common'
import { Cluster, Redis, type RedisOptions } from 'ioredis'

import { pauseBefore } from '../common/retry.js'
import type { Secret } from '../common/secret.js'
import { redisAddress } from './redis-address.js'

/** A command waits this long for its answer, and no longer. */
const COMMAND_MS = 1_000

/**
 * Commands to the hub's Redis, or to its cluster if there are several addresses. While it is away a command
 * rejects at once: none waits for it, none is sent twice.
 */
export class RedisCommands implements OnApplicationShutdown {
  readonly client: Redis | Cluster

  constructor(urls: readonly Secret[]) {
    const [first, ...rest] = urls.map(redisAddress)
    if (!first) throw new Error('no address of Redis')
    const options: RedisOptions = {
      username: first.username,
      ...(first.password === '' ? {} : { password: first.password }),
      ...(first.isTls ? { tls: {} } : {}),
      connectTimeout: 1_500,
      commandTimeout: COMMAND_MS,
      // Cuts a connection on which nothing is answered.
      socketTimeout: 1_500,
      // A connection that is lost already would be waited for at the end.
      disconnectTimeout: 200,
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
    }
    this.client =
      rest.length === 0
        ? new Redis({ ...options, host: first.host, port: first.port, retryStrategy: pauseBefore })
        : new Cluster([first, ...rest], {
            redisOptions: options,
            enableOfflineQueue: false,
            clusterRetryStrategy: pauseBefore,
            slotsRefreshTimeout: COMMAND_MS,
          })
    // Whoever asks is told; ioredis would print it.
    this.client.on('error', () => undefined)
  }

  onApplicationShutdown(): void {
    this.client.disconnect()
  }
}
