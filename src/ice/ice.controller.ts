import { Controller, Get } from '@nestjs/common'

import type { IceServersAnswer } from './ice.schema.js'
import { IceServers } from './ice-servers.js'

@Controller('ice-servers')
export class IceController {
  constructor(private readonly iceServers: IceServers) {}

  @Get()
  list(): IceServersAnswer {
    return this.iceServers.mint()
  }
}
