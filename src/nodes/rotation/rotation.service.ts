import { Injectable } from '@nestjs/common'

import { Clock } from '../../common/clock.js'
import { InvalidRequestError } from '../../common/hub-error.js'
import type { Actor } from '../../identity/actor.js'
import { checkRegistration, type NodeCertificate } from '../../identity/certificate.js'
import type { NodeId } from '../../identity/node-id.js'
import { demandFreshLogin } from '../../tokens/fresh-login.js'
import { SessionEndedError } from '../../tokens/tokens.errors.js'
import { NodeAnnouncer } from '../node-announcer.js'
import type { Node } from '../node-row.js'
import { NodeStore } from '../node.store.js'
import {
  NodeIdCollisionError,
  NodeNotFoundError,
  NodeTakenError,
  ProofInvalidError,
} from '../nodes.errors.js'
import { type Continuity, ProofReader } from '../proof-reader.js'
import { NodeReplacement } from './node-replacement.js'
import { PendingRotations } from './pending-rotations.js'
import type { RotateNode } from './rotation.schema.js'

/** The new node stands in the old one's place; or it will, at the time given. */
export type Rotation =
  | { readonly kind: 'rotated'; readonly node: Node }
  | {
      readonly kind: 'pending'
      readonly old: Node
      readonly newNodeId: NodeId
      readonly effectiveAt: Date
    }

/** Gives a node a new key, and so a new id, in a way that those who knew the old one can follow. */
@Injectable()
export class RotationService {
  constructor(
    private readonly nodes: NodeStore,
    private readonly proofs: ProofReader,
    private readonly replacement: NodeReplacement,
    private readonly pending: PendingRotations,
    private readonly announcer: NodeAnnouncer,
    private readonly clock: Clock,
  ) {}

  /**
   * At once if the old key has signed for the new one; else after 72 hours, in which the account is
   * told and may cancel it.
   *
   * @throws ChallengeInvalidError, NodeNotFoundError, CertificateError, ProofInvalidError
   * @throws InvalidRequestError      the certificate holds the key that the node has already
   * @throws NodeTakenError           another account has proven the new key
   * @throws NodeIdCollisionError     another key has the new id
   * @throws FreshLoginRequiredError  without the old key, and the session is not fresh
   */
  async rotate(actor: Actor, nodeId: NodeId, request: RotateNode): Promise<Rotation> {
    const { challengeId, certificatePem, signature, continuitySignature } = request
    const challenge = await this.proofs.take(actor.accountId, challengeId)
    const old = await this.nodes.ownNode(actor, nodeId)
    const sent = { nodeId: null, publicKeyPem: null, certificatePem }
    const certificate = checkRegistration(sent, this.clock.date(), 'any')
    if (certificate.spkiSha256 === old.spkiSha256)
      throw new InvalidRequestError(
        'certificate: it holds the key that this node has already: POST /nodes renews a certificate',
      )
    this.proofs.check(actor.accountId, certificate, challenge, signature)
    if (continuitySignature === null) return this.ask(actor, old, certificate)
    const signed = this.proofs.checkContinuity(old, certificate, challenge, continuitySignature)
    return { kind: 'rotated', node: await this.replace(actor, old, certificate, signed) }
  }

  private async replace(
    { sessionId }: Actor,
    old: Node,
    certificate: NodeCertificate,
    continuity: Continuity,
  ): Promise<Node> {
    const replacement = { old, newKey: certificate, continuity, sessionId }
    const always = () => Promise.resolve(true)
    const outcome = await this.replacement.replace(replacement, always, this.clock.date())
    switch (outcome.kind) {
      case 'owned':
        this.announcer.replaced(old, outcome)
        return outcome.node
      case 'taken':
        throw new NodeTakenError(certificate.nodeId, 409)
      case 'collision':
        throw new NodeIdCollisionError(certificate.nodeId, 409)
      case 'not_own':
        throw new NodeNotFoundError()
      case 'reserved':
      case 'session_ended':
        throw new SessionEndedError()
    }
  }

  private async ask(actor: Actor, old: Node, certificate: NodeCertificate): Promise<Rotation> {
    if (!old.isProven)
      throw new ProofInvalidError(
        `continuity_signature: missing, and nobody has proven the key of ${old.nodeId}: sign with the old key, or prove it with POST /nodes first`,
      )
    demandFreshLogin(actor, this.clock.now())
    const { nodeId, spkiSha256 } = certificate
    const present = await this.nodes.find(nodeId)
    if (present && present.spkiSha256 !== spkiSha256) throw new NodeIdCollisionError(nodeId, 409)
    if (present?.isProven && present.accountId !== actor.accountId)
      throw new NodeTakenError(nodeId, 409)
    const { pem, publicKeyPem, ids } = certificate
    const newKey = { pem, publicKeyPem, nodeId, ids, spkiSha256 }
    const effectiveAt = await this.pending.request(old, newKey)
    return { kind: 'pending', old, newNodeId: nodeId, effectiveAt }
  }
}
