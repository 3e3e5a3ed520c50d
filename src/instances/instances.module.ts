import { Global, Module } from '@nestjs/common'

import { Logger } from '../common/logger.js'
import { HubConfig } from '../config/hub-config.js'
import { Database } from '../database/database.js'
import { redisAddress } from '../redis/redis-address.js'
import { Bus } from './bus.js'
import { PostgresBus } from './bus.postgres.js'
import { RedisBus } from './bus.redis.js'
import { Instances } from './instances.js'

@Global()
@Module({
  providers: [
    {
      provide: Bus,
      inject: [HubConfig, Database, Logger],
      useFactory: ({ redis }: HubConfig, database: Database, logger: Logger) =>
        redis
          ? new RedisBus(redis.urls.map(redisAddress), logger)
          : new PostgresBus(database, logger),
    },
    Instances,
  ],
  exports: [Instances],
})
export class InstancesModule {}
