import { Global, Module } from '@nestjs/common'
import { ThrottlerModule } from '@nestjs/throttler'

import { HubConfig } from '../config/hub-config.js'
import { ClientAddresses } from './client-address.js'
import { Limits } from './limits.js'

@Global()
@Module({
  imports: [ThrottlerModule.forRoot([])],
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
