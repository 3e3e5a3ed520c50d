import { Body, Controller, Delete, Get, HttpCode, Param, Post, Res } from '@nestjs/common'
import type { FastifyReply } from 'fastify'

import { Clock } from '../../common/clock.js'
import type { Actor } from '../../identity/actor.js'
import { RateLimit } from '../../limits/rate-limit.guard.js'
import { Presence } from '../../presence/presence.js'
import { CurrentActor } from '../../tokens/decorators.js'
import { demandFreshLogin } from '../../tokens/fresh-login.js'
import { nodeAnswerOf } from '../node-answer.js'
import { NodeStore } from '../node.store.js'
import { nodeParams, type NodeParams } from '../nodes.schema.js'
import { PendingRotations } from './pending-rotations.js'
import {
  type PendingRotationAnswer,
  rotateNodeBody,
  type RotateNode,
  type RotationAnswer,
} from './rotation.schema.js'
import { RotationService } from './rotation.service.js'

@Controller('nodes/:node_id/rotate')
export class RotationsController {
  constructor(
    private readonly rotations: RotationService,
    private readonly pending: PendingRotations,
    private readonly nodes: NodeStore,
    private readonly presence: Presence,
    private readonly clock: Clock,
  ) {}

  @Post()
  @RateLimit('register')
  async rotate(
    @CurrentActor() actor: Actor,
    @Param({ schema: nodeParams }) params: NodeParams,
    @Body({ schema: rotateNodeBody }) body: RotateNode,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RotationAnswer> {
    const rotation = await this.rotations.rotate(actor, params.node_id, body)
    if (rotation.kind === 'rotated') {
      void reply.status(200)
      return { status: 'rotated', node: await nodeAnswerOf(rotation.node, this.presence) }
    }
    void reply.status(202)
    return {
      status: 'pending',
      node_id: rotation.old.nodeId,
      new_node_id: rotation.newNodeId,
      effective_at: rotation.effectiveAt.toISOString(),
    }
  }

  /** Which key waits, and until when. */
  @Get()
  async waiting(
    @CurrentActor() actor: Actor,
    @Param({ schema: nodeParams }) params: NodeParams,
  ): Promise<PendingRotationAnswer> {
    const node = await this.nodes.ownNode(actor, params.node_id)
    const { newNodeId, effectiveAt } = await this.pending.of(node)
    return {
      status: 'pending',
      node_id: node.nodeId,
      new_node_id: newNodeId,
      effective_at: effectiveAt.toISOString(),
    }
  }

  /** Of a fresh login only: else a thief's token could keep the owner from a new key for ever. */
  @Delete()
  @HttpCode(204)
  async cancel(
    @CurrentActor() actor: Actor,
    @Param({ schema: nodeParams }) params: NodeParams,
  ): Promise<void> {
    const node = await this.nodes.ownNode(actor, params.node_id)
    demandFreshLogin(actor, this.clock.now())
    await this.pending.cancel(node)
  }
}
