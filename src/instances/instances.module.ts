import { Global, Module } from '@nestjs/common'

import { Logger } from '../common/logger.js'
import { HubConfig } from '../config/hub-config.js'
import { DataKey } from '../database/data-key.js'
import { Database } from '../database/database.js'
import { redisAddress } from '../redis/redis-address.js'
import { Bus } from './bus.js'
import { PostgresBus } from './bus.postgres.js'
import { RedisBus } from './bus.redis.js'
import { hubTag } from './hub-tag.js'
import { Instances } from './instances.js'

@Global()
@Module({
  providers: [
    {
      provide: Bus,
      inject: [HubConfig, Database, DataKey, Logger],
      useFactory: async (
        { redis }: HubConfig,
        database: Database,
        dataKey: DataKey,
        logger: Logger,
      ) =>
        redis
          ? new RedisBus(redis.urls.map(redisAddress), await hubTag(database, dataKey), logger)
          : new PostgresBus(database, logger),
    },
    Instances,
  ],
  exports: [Instances],
})
export class InstancesModule {}
