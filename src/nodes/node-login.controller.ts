import { Body, Controller, HttpCode, Post, Req } from '@nestjs/common'
import type { FastifyRequest } from 'fastify'

import { HubConfig } from '../config/hub-config.js'
import { ClientAddresses, coarsePlace } from '../limits/client-address.js'
import { RateLimit } from '../limits/rate-limit.guard.js'
import { proofIn } from '../tokens/credentials.js'
import { Public } from '../tokens/decorators.js'
import { type DpopProof, DpopProofs } from '../tokens/dpop.js'
import { tokenAnswerOf } from '../tokens/token-answer.js'
import { ChallengeStore } from './challenge.store.js'
import { challengeAnswerOf } from './node-answer.js'
import { type NodeLogin, type NodeLoginAnswer, nodeLoginBody } from './node-login.schema.js'
import { NodeLoginService } from './node-login.service.js'
import type { ChallengeAnswer } from './nodes.schema.js'

/** The way in for a node that has its key and no person at hand. */
@Public()
@Controller('auth/node')
export class NodeLoginController {
  constructor(
    private readonly logins: NodeLoginService,
    private readonly challenges: ChallengeStore,
    private readonly proofs: DpopProofs,
    private readonly addresses: ClientAddresses,
    private readonly config: HubConfig,
  ) {}

  @Post('challenge')
  @HttpCode(201)
  @RateLimit('node_login')
  async challenge(): Promise<ChallengeAnswer> {
    return challengeAnswerOf(await this.challenges.add({ purpose: 'node-login', accountId: null }))
  }

  @Post('verify')
  @HttpCode(200)
  @RateLimit('node_login')
  async verify(
    @Body({ schema: nodeLoginBody }) body: NodeLogin,
    @Req() request: FastifyRequest,
  ): Promise<NodeLoginAnswer> {
    const place = coarsePlace(this.addresses.of(request.raw))
    const proof = await this.proofOf(request)
    const { node, pair } = await this.logins.logIn(body, { place, proof })
    return { ...tokenAnswerOf(pair), node_id: node.nodeId }
  }

  /** @throws InvalidDpopProofError, UseDpopNonceError */
  private async proofOf({ headers, originalUrl }: FastifyRequest): Promise<DpopProof | null> {
    if (headers.dpop === undefined) return null
    const [path = '/'] = originalUrl.split('?', 1)
    const url = this.config.http.publicUrl + path
    return this.proofs.read({ proof: proofIn(headers), method: 'POST', url, accessToken: null })
  }
}
