import { Module } from '@nestjs/common'

import { NodesModule } from '../nodes.module.js'
import { LowPrekeys } from './low-prekeys.js'
import { PrekeyStore } from './prekey.store.js'
import { PrekeysController } from './prekeys.controller.js'
import { PrekeysService } from './prekeys.service.js'

@Module({
  imports: [NodesModule],
  controllers: [PrekeysController],
  providers: [PrekeysService, PrekeyStore, LowPrekeys],
})
export class PrekeysModule {}
