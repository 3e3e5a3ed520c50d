import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Res } from '@nestjs/common'
import type { FastifyReply } from 'fastify'

import type { Actor } from '../identity/actor.js'
import { RateLimit } from '../limits/rate-limit.guard.js'
import { Presence } from '../presence/presence.js'
import { CurrentActor } from '../tokens/decorators.js'
import { ChallengeStore } from './challenge.store.js'
import {
  certificateAnswerOf,
  challengeAnswerOf,
  nodeAnswerOf,
  nodeAnswersOf,
} from './node-answer.js'
import { NodeStore } from './node.store.js'
import { NodeNotFoundError } from './nodes.errors.js'
import {
  type CertificateAnswer,
  type ChallengeAnswer,
  type NodeAnswer,
  nodeParams,
  type NodeParams,
  type NodesAnswer,
  proveNodeBody,
  type ProveNode,
  renameNodeBody,
  type RenameNode,
} from './nodes.schema.js'
import { NodesService } from './nodes.service.js'
import { ReleaseService } from './release.service.js'
import { SuccessorStore } from './rotation/successor.store.js'

@Controller('nodes')
export class NodesController {
  constructor(
    private readonly registrations: NodesService,
    private readonly releases: ReleaseService,
    private readonly nodes: NodeStore,
    private readonly successors: SuccessorStore,
    private readonly challenges: ChallengeStore,
    private readonly presence: Presence,
  ) {}

  @Post('challenge')
  @HttpCode(201)
  async challenge(@CurrentActor() { accountId }: Actor): Promise<ChallengeAnswer> {
    return challengeAnswerOf(await this.challenges.add({ purpose: 'node-proof', accountId }))
  }

  @Post()
  @RateLimit('register')
  async prove(
    @CurrentActor() actor: Actor,
    @Body({ schema: proveNodeBody }) body: ProveNode,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<NodeAnswer> {
    const { node, isNew } = await this.registrations.prove(actor, body)
    void reply.status(isNew ? 201 : 200)
    return nodeAnswerOf(node, this.presence)
  }

  @Get()
  async list(@CurrentActor() { accountId }: Actor): Promise<NodesAnswer> {
    const nodes = await this.nodes.listOf(accountId)
    return { nodes: await nodeAnswersOf(nodes, this.presence) }
  }

  @Patch(':node_id')
  async rename(
    @CurrentActor() actor: Actor,
    @Param({ schema: nodeParams }) params: NodeParams,
    @Body({ schema: renameNodeBody }) { label }: RenameNode,
  ): Promise<NodeAnswer> {
    return nodeAnswerOf(await this.nodes.setLabel(actor, params.node_id, label), this.presence)
  }

  @Delete(':node_id')
  @HttpCode(204)
  async release(
    @CurrentActor() actor: Actor,
    @Param({ schema: nodeParams }) params: NodeParams,
  ): Promise<void> {
    await this.releases.release(actor, params.node_id)
  }

  /**
   * Anybody with a token may ask: it is what peers compare keys by. A node that is registered has no
   * successor, whatever somebody with its key once said.
   */
  @Get(':node_id/certificate')
  async certificate(@Param({ schema: nodeParams }) params: NodeParams): Promise<CertificateAnswer> {
    const [node, succession] = await Promise.all([
      this.nodes.find(params.node_id),
      this.successors.find(params.node_id),
    ])
    const shown = node ?? succession?.old
    if (!shown) throw new NodeNotFoundError('no node of this id is registered here')
    return certificateAnswerOf(shown, node ? null : succession)
  }
}
