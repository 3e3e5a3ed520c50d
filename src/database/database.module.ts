import { Global, Module } from '@nestjs/common'

import { Clock } from '../common/clock.js'
import { Logger } from '../common/logger.js'
import { HubConfig } from '../config/hub-config.js'
import { DataKey, loadDataKey } from './data-key.js'
import { Database } from './database.js'
import { Housekeeping } from './housekeeping.js'
import { openDatabase } from './open-database.js'

@Global()
@Module({
  providers: [
    { provide: Database, inject: [HubConfig, Logger], useFactory: openDatabase },
    Housekeeping,
    {
      provide: DataKey,
      inject: [Database, HubConfig, Clock],
      useFactory: (database: Database, { tokens }: HubConfig, clock: Clock) =>
        loadDataKey(database, tokens.secretKey, tokens.previousSecretKey, clock.date()),
    },
  ],
  exports: [Database, DataKey],
})
export class DatabaseModule {}
