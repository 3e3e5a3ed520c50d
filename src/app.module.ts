import { type DynamicModule, Global, Module } from '@nestjs/common'
import { APP_FILTER, APP_GUARD, APP_PIPE } from '@nestjs/core'

import { AuditModule } from './audit/audit.module.js'
import { AuthModule } from './auth/auth.module.js'
import { Clock } from './common/clock.js'
import { HubErrorFilter } from './common/hub-error.filter.js'
import { Logger } from './common/logger.js'
import { ValidationPipe } from './common/validation.js'
import { HubConfig } from './config/hub-config.js'
import { DatabaseModule } from './database/database.module.js'
import { DiscoveryModule } from './discovery/discovery.module.js'
import { DocsModule } from './docs/docs.module.js'
import { HealthModule } from './health/health.module.js'
import { InstancesModule } from './instances/instances.module.js'
import { IceModule } from './ice/ice.module.js'
import { LimitsModule } from './limits/limits.module.js'
import { RateLimitGuard } from './limits/rate-limit.guard.js'
import { NodesModule } from './nodes/nodes.module.js'
import { PrekeysModule } from './nodes/prekeys/prekeys.module.js'
import { ProfilesModule } from './profiles/profiles.module.js'
import { RedisModule } from './redis/redis.module.js'
import { RoutingModule } from './routing/routing.module.js'
import { SignalingModule } from './signaling/signaling.module.js'
import { TokenGuard } from './tokens/token.guard.js'
import { TokensModule } from './tokens/tokens.module.js'

/** What every instance of the hub is given from outside. */
export interface Surroundings {
  readonly config: HubConfig
  readonly clock: Clock
  readonly logger: Logger
}

/** The modules, in the order of the import table (docs/architecture.md). */
@Global()
@Module({
  imports: [
    DatabaseModule,
    RedisModule,
    InstancesModule,
    AuditModule,
    LimitsModule,
    TokensModule,
    IceModule,
    AuthModule,
    NodesModule,
    PrekeysModule,
    ProfilesModule,
    DiscoveryModule,
    RoutingModule,
    SignalingModule,
    HealthModule,
    DocsModule,
  ],
})
export class AppModule {
  static in({ config, clock, logger }: Surroundings): DynamicModule {
    return {
      module: AppModule,
      providers: [
        { provide: HubConfig, useValue: config },
        { provide: Clock, useValue: clock },
        { provide: Logger, useValue: logger },
        // In this order: who is it, may they, is it well-formed; then the one error body.
        { provide: APP_GUARD, useClass: TokenGuard },
        { provide: APP_GUARD, useClass: RateLimitGuard },
        { provide: APP_PIPE, useClass: ValidationPipe },
        { provide: APP_FILTER, useClass: HubErrorFilter },
      ],
      exports: [HubConfig, Clock, Logger],
    }
  }
}
