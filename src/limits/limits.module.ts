import { Global, Module } from '@nestjs/common'
import { ThrottlerModule, type ThrottlerStorage } from '@nestjs/throttler'

import { Clock } from '../common/clock.js'
import { Logger } from '../common/logger.js'
import { HubConfig } from '../config/hub-config.js'
import { DataKey } from '../database/data-key.js'
import { RedisCommands } from '../redis/redis-commands.js'
import { ClientAddresses } from './client-address.js'
import { Limits } from './limits.js'
import { MemoryThrottlerStorage } from './throttler-storage.memory.js'
import { RedisThrottlerStorage } from './throttler-storage.redis.js'

@Global()
@Module({
  imports: [
    ThrottlerModule.forRootAsync({
      inject: [Clock, RedisCommands, DataKey, Logger],
      useFactory: (
        clock: Clock,
        redis: RedisCommands | null,
        dataKey: DataKey,
        logger: Logger,
      ) => ({ throttlers: [], storage: storageOf(redis, dataKey, clock, logger) }),
    }),
  ],
  providers: [
    Limits,
    {
      provide: ClientAddresses,
      inject: [HubConfig],
      useFactory: ({ http }: HubConfig) => new ClientAddresses(http.trustedProxies),
    },
  ],
  exports: [Limits, ClientAddresses],
})
export class LimitsModule {}

function storageOf(
  redis: RedisCommands | null,
  dataKey: DataKey,
  clock: Clock,
  logger: Logger,
): ThrottlerStorage {
  const memory = new MemoryThrottlerStorage(clock)
  return redis ? new RedisThrottlerStorage(redis, memory, dataKey, logger) : memory
}
