import { Global, Module } from '@nestjs/common'

import { Logger } from '../common/logger.js'
import { Database } from '../database/database.js'
import { Bus } from './bus.js'
import { PostgresBus } from './bus.postgres.js'
import { Instances } from './instances.js'

@Global()
@Module({
  providers: [
    {
      provide: Bus,
      inject: [Database, Logger],
      useFactory: (database: Database, logger: Logger) => new PostgresBus(database, logger),
    },
    Instances,
  ],
  exports: [Instances],
})
export class InstancesModule {}
