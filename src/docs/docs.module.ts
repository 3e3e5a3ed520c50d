import { Module } from '@nestjs/common'
import { DiscoveryModule } from '@nestjs/core'

import { ApiDocument } from './api-document.js'
import { DocsController } from './docs.controller.js'

@Module({
  imports: [DiscoveryModule],
  controllers: [DocsController],
  providers: [ApiDocument],
})
export class DocsModule {}
