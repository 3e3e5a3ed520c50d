import { Global, Module } from '@nestjs/common'

import { HubConfig } from '../config/hub-config.js'
import { RedisCommands } from './redis-commands.js'

/** `RedisCommands`, or null in its place if there is no REDIS_URL. */
@Global()
@Module({
  providers: [
    {
      provide: RedisCommands,
      inject: [HubConfig],
      useFactory: ({ redis }: HubConfig) => redis && new RedisCommands(redis.urls),
    },
  ],
  exports: [RedisCommands],
})
export class RedisModule {}
