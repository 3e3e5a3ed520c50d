import { type DynamicModule, Global, Module } from '@nestjs/common'

import { HubConfig } from './hub-config.js'

/** Gives every module the configuration that `createApp` was called with. */
@Global()
@Module({})
export class ConfigModule {
  static forConfig(config: HubConfig): DynamicModule {
    return {
      module: ConfigModule,
      providers: [{ provide: HubConfig, useValue: config }],
      exports: [HubConfig],
    }
  }
}
