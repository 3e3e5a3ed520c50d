import { Module } from '@nestjs/common'

import { IceController } from './ice.controller.js'
import { IceServers } from './ice-servers.js'

@Module({ controllers: [IceController], providers: [IceServers], exports: [IceServers] })
export class IceModule {}
