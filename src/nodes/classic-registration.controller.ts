import { Body, Controller, HttpCode, Post } from '@nestjs/common'

import type { Actor } from '../identity/actor.js'
import { RateLimit } from '../limits/rate-limit.guard.js'
import { CurrentActor } from '../tokens/decorators.js'
import { type RegisterNode, registerNodeBody, type RegistrationAnswer } from './nodes.schema.js'
import { NodesService } from './nodes.service.js'

@Controller('register-node-id')
export class ClassicRegistrationController {
  constructor(private readonly nodes: NodesService) {}

  /** Classic clients send it after every login (CONTRACT §4.12). */
  @Post()
  @HttpCode(200)
  @RateLimit('register')
  async register(
    @CurrentActor() actor: Actor,
    @Body({ schema: registerNodeBody }) body: RegisterNode,
  ): Promise<RegistrationAnswer> {
    const nodeId = await this.nodes.registerUnproven(actor, body)
    return { node_id: nodeId, verified: true, message: 'Node ID registered and verified' }
  }
}
