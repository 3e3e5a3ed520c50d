import { Global, Module } from '@nestjs/common'
import { ThrottlerModule } from '@nestjs/throttler'

import { Clock } from '../common/clock.js'
import { HubConfig } from '../config/hub-config.js'
import { ClientAddresses } from './client-address.js'
import { Limits } from './limits.js'
import { MemoryThrottlerStorage } from './throttler-storage.memory.js'

@Global()
@Module({
  imports: [
    ThrottlerModule.forRootAsync({
      inject: [Clock],
      useFactory: (clock: Clock) => ({
        throttlers: [],
        storage: new MemoryThrottlerStorage(clock),
      }),
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
