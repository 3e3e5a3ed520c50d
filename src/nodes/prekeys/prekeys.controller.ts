import { Body, Controller, Get, HttpCode, Param, Post, Put } from '@nestjs/common'

import type { Actor } from '../../identity/actor.js'
import { RateLimit } from '../../limits/rate-limit.guard.js'
import { CurrentActor } from '../../tokens/decorators.js'
import { nodeParams, type NodeParams } from '../nodes.schema.js'
import type { PrekeyCount } from './prekey.store.js'
import {
  type OneTimePrekey,
  type PrekeyBundleAnswer,
  type PrekeyCountAnswer,
  type PublishPrekeys,
  publishPrekeysBody,
  type SignedPrekey,
} from './prekeys.schema.js'
import { PrekeysService } from './prekeys.service.js'

@Controller('nodes/:node_id/keys')
export class PrekeysController {
  constructor(private readonly prekeys: PrekeysService) {}

  @Put()
  async publish(
    @CurrentActor() actor: Actor,
    @Param({ schema: nodeParams }) { node_id: nodeId }: NodeParams,
    @Body({ schema: publishPrekeysBody }) body: PublishPrekeys,
  ): Promise<PrekeyCountAnswer> {
    return countAnswerOf(await this.prekeys.publish(actor, nodeId, body))
  }

  @Post('claim')
  @HttpCode(200)
  @RateLimit('prekey_claim')
  async claim(
    @Param({ schema: nodeParams }) { node_id: nodeId }: NodeParams,
  ): Promise<PrekeyBundleAnswer> {
    const bundle = await this.prekeys.claim(nodeId)
    return {
      node_id: bundle.nodeId,
      spki_sha256: bundle.spkiSha256,
      proven: bundle.isProven,
      signed_prekey: signedAnswerOf(bundle.signed),
      one_time_prekey: bundle.oneTime && answerOf(bundle.oneTime),
      last_resort_prekey: bundle.lastResort && signedAnswerOf(bundle.lastResort),
    }
  }

  @Get('count')
  async count(
    @CurrentActor() actor: Actor,
    @Param({ schema: nodeParams }) { node_id: nodeId }: NodeParams,
  ): Promise<PrekeyCountAnswer> {
    return countAnswerOf(await this.prekeys.count(actor, nodeId))
  }
}

function countAnswerOf(count: PrekeyCount): PrekeyCountAnswer {
  return {
    one_time: count.oneTime,
    signed_prekey_id: count.signedId,
    last_resort_prekey_id: count.lastResortId,
    updated_at: count.updatedAt?.toISOString() ?? null,
  }
}

function answerOf({ keyId, publicKey }: OneTimePrekey): { key_id: number; public_key: string } {
  return { key_id: keyId, public_key: publicKey }
}

function signedAnswerOf(prekey: SignedPrekey): PrekeyBundleAnswer['signed_prekey'] {
  return { ...answerOf(prekey), signature: prekey.signature.toString('base64url') }
}
