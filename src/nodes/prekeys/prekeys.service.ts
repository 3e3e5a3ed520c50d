import { createPublicKey } from 'node:crypto'

import { Injectable } from '@nestjs/common'

import { Clock } from '../../common/clock.js'
import { RateLimitedError } from '../../common/hub-error.js'
import type { Actor } from '../../identity/actor.js'
import type { NodeId } from '../../identity/node-id.js'
import { isSignedBy, type Prekey, prekeyBytes } from '../../identity/proof.js'
import { Limits } from '../../limits/limits.js'
import { NodeStore } from '../node.store.js'
import { NodeNotFoundError } from '../nodes.errors.js'
import { LowPrekeys } from './low-prekeys.js'
import { type PrekeyBundle, type PrekeyCount, PrekeyStore } from './prekey.store.js'
import {
  PrekeyIdReusedError,
  PrekeySignatureInvalidError,
  PrekeysFullError,
  PrekeysNotFoundError,
} from './prekeys.errors.js'
import type { PublishPrekeys, SignedPrekey } from './prekeys.schema.js'

/** What somebody needs to begin a conversation with a node that is away (X3DH §3.3). */
export interface ClaimedBundle extends PrekeyBundle {
  readonly nodeId: NodeId
  readonly spkiSha256: string
  readonly isProven: boolean
}

/** The key directory: what nodes publish of themselves, and who may take how much of it. */
@Injectable()
export class PrekeysService {
  constructor(
    private readonly prekeys: PrekeyStore,
    private readonly nodes: NodeStore,
    private readonly limits: Limits,
    private readonly low: LowPrekeys,
    private readonly clock: Clock,
  ) {}

  /**
   * Publishes the prekeys of a node of the actor's own; `PrekeyStore.publish` says how.
   *
   * @throws NodeNotFoundError            the actor's account has no such node
   * @throws PrekeySignatureInvalidError  the node's key did not sign a key that it should have
   * @throws PrekeyIdReusedError          another key is published under one of the ids
   * @throws PrekeysFullError             more one-time keys than may wait
   */
  async publish(actor: Actor, nodeId: NodeId, prekeys: PublishPrekeys): Promise<PrekeyCount> {
    const node = await this.nodes.ownNode(actor, nodeId)
    const { spkiSha256 } = node
    const key = createPublicKey(node.publicKeyPem)
    const isSigned = (kind: Prekey['kind'], { keyId, publicKey, signature }: SignedPrekey) =>
      isSignedBy(key, prekeyBytes({ spkiSha256, kind, keyId, publicKey }), signature)
    if (!isSigned('signed', prekeys.signed)) throw new PrekeySignatureInvalidError('signed_prekey')
    if (prekeys.lastResort && !isSigned('last_resort', prekeys.lastResort)) {
      throw new PrekeySignatureInvalidError('last_resort_prekey')
    }
    const publisher = { accountId: actor.accountId, spkiSha256, nodeId: node.nodeId }
    const publication = await this.prekeys.publish(publisher, prekeys, this.clock.date())
    switch (publication.kind) {
      case 'published':
        return publication.count
      case 'not_own':
        throw new NodeNotFoundError()
      case 'reused':
        throw new PrekeyIdReusedError(publication.of, publication.keyId)
      case 'full':
        throw new PrekeysFullError(publication.unclaimed)
    }
  }

  /**
   * Hands out the bundle of any node. Who asks is neither passed on nor written down.
   *
   * @throws PrekeysNotFoundError  the node has published none, or there is no such node
   */
  async claim(nodeId: NodeId): Promise<ClaimedBundle> {
    const node = await this.nodes.find(nodeId)
    if (!node) throw new PrekeysNotFoundError()
    const { spkiSha256, isProven } = node
    const mayTakeOneTime = await this.mayTakeOneTime(spkiSha256)
    const bundle = await this.prekeys.claim(spkiSha256, mayTakeOneTime, this.clock.date())
    if (!bundle) throw new PrekeysNotFoundError()
    this.low.afterClaim(spkiSha256)
    return { ...bundle, nodeId: node.nodeId, spkiSha256, isProven }
  }

  /** @throws NodeNotFoundError  the actor's account has no such node */
  async count(actor: Actor, nodeId: NodeId): Promise<PrekeyCount> {
    const { spkiSha256 } = await this.nodes.ownNode(actor, nodeId)
    return this.prekeys.count(spkiSha256)
  }

  /** By target alone: a flood, of one account or of many, takes no more, and nobody is refused for it. */
  private async mayTakeOneTime(spkiSha256: string): Promise<boolean> {
    try {
      await this.limits.take('prekey_target', spkiSha256)
      await this.limits.take('prekey_target_hour', spkiSha256)
      return true
    } catch (error) {
      if (error instanceof RateLimitedError) return false
      throw error
    }
  }
}
