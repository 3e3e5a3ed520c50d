import { Global, Module } from '@nestjs/common'

import { Clock } from '../common/clock.js'
import { Logger } from '../common/logger.js'
import { HubConfig } from '../config/hub-config.js'
import { DataKey } from './data-key.js'
import { Database } from './database.js'
import { Housekeeping } from './housekeeping.js'
import { openDatabase } from './open-database.js'
import { SearchReplica } from './search-replica.js'

type Opened = Awaited<ReturnType<typeof openDatabase>>

const OPENED = Symbol('opened database')

@Global()
@Module({
  providers: [
    { provide: OPENED, inject: [HubConfig, Clock, Logger], useFactory: openDatabase },
    { provide: Database, inject: [OPENED], useFactory: ({ database }: Opened) => database },
    { provide: DataKey, inject: [OPENED], useFactory: ({ dataKey }: Opened) => dataKey },
    {
      provide: SearchReplica,
      inject: [HubConfig, Database, Logger],
      useFactory: (config: HubConfig, database: Database, logger: Logger) =>
        SearchReplica.open(config, database, logger),
    },
    Housekeeping,
  ],
  exports: [Database, DataKey, SearchReplica],
})
export class DatabaseModule {}
