import { Module } from '@nestjs/common'

import { AccountsModule } from '../accounts/accounts.module.js'
import { NodeStore } from './node.store.js'
import { NodesController } from './nodes.controller.js'
import { NodesService } from './nodes.service.js'

@Module({
  imports: [AccountsModule],
  controllers: [NodesController],
  providers: [NodesService, NodeStore],
  exports: [NodeStore],
})
export class NodesModule {}
