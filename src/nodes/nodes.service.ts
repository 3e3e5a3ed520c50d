import { Injectable } from '@nestjs/common'

import { Clock } from '../common/clock.js'
import type { Actor } from '../identity/actor.js'
import { checkRegistration, type NodeCertificate } from '../identity/certificate.js'
import type { NodeId } from '../identity/node-id.js'
import { thumbprintOf } from '../tokens/dpop-key.js'
import { hasFreshLogin } from '../tokens/fresh-login.js'
import { SessionMemory } from '../tokens/session-memory.js'
import { SessionEndedError } from '../tokens/tokens.errors.js'
import { NodeAnnouncer } from './node-announcer.js'
import { type Claim, NodeOwnership } from './node-ownership.js'
import type { Node } from './node-row.js'
import {
  DpopKeyMismatchError,
  NodeIdCollisionError,
  NodeReservedError,
  NodeTakenError,
  OtherNodeError,
} from './nodes.errors.js'
import type { ProveNode, RegisterNode } from './nodes.schema.js'
import { ProofReader } from './proof-reader.js'

/** Registers nodes by their certificates, with proof of their keys or without. */
@Injectable()
export class NodesService {
  constructor(
    private readonly ownership: NodeOwnership,
    private readonly proofs: ProofReader,
    private readonly memory: SessionMemory,
    private readonly announcer: NodeAnnouncer,
    private readonly clock: Clock,
  ) {}

  /**
   * Registers a node to the actor's account without proof that the actor holds its key (CONTRACT §2,
   * classic), and binds the actor's session to it. Doing it again renews the certificate.
   *
   * @throws CertificateError      the id, key or certificate fails a check, named by the error's code
   * @throws DpopKeyMismatchError  the session is bound to another key
   * @throws OtherNodeError        the session was begun by another node's key
   * @throws NodeTakenError        another account holds the node
   * @throws NodeIdCollisionError  another key has this id
   * @throws NodeReservedError     it was given up by somebody else less than 30 days ago
   * @throws SessionEndedError     the session or its account ended meanwhile
   */
  async registerUnproven(actor: Actor, request: RegisterNode): Promise<NodeId> {
    const certificate = checkRegistration(request, this.clock.date(), 'rsa')
    const how = { isProven: false, isVouched: false, isTransfer: false, label: null }
    const { node } = await this.claim(actor, certificate, how, 400)
    return node.nodeId
  }

  /**
   * Registers a node whose key the actor proves to hold. It is the actor's at once, whoever had it
   * unproven; another account that has proven it too keeps it unless the actor asks for a transfer.
   *
   * @throws ChallengeInvalidError, CertificateError, ProofInvalidError, DpopKeyMismatchError
   * @throws NodeTakenError, NodeIdCollisionError, SessionEndedError
   */
  async prove(actor: Actor, request: ProveNode): Promise<{ node: Node; isNew: boolean }> {
    const { challengeId, certificatePem, signature, label, isTransfer } = request
    const challenge = await this.proofs.take(actor.accountId, challengeId)
    const now = this.clock.date()
    const certificate = checkRegistration(
      { nodeId: null, publicKeyPem: null, certificatePem },
      now,
      'any',
    )
    this.proofs.check(actor.accountId, certificate, challenge, signature)
    const isVouched = hasFreshLogin(actor, now.getTime())
    return this.claim(actor, certificate, { isProven: true, isVouched, isTransfer, label }, 409)
  }

  private async claim(
    actor: Actor,
    certificate: NodeCertificate,
    how: Pick<Claim, 'isProven' | 'isVouched' | 'isTransfer' | 'label'>,
    takenStatus: 400 | 409,
  ): Promise<{ node: Node; isNew: boolean }> {
    const { accountId, sessionId, dpopJkt } = actor
    if (actor.client === 'node' && actor.node?.spkiSha256 !== certificate.spkiSha256)
      throw new OtherNodeError()
    if (dpopJkt !== null && dpopJkt !== (await thumbprintOf(certificate.publicKey)))
      throw new DpopKeyMismatchError()
    const claim = { accountId, sessionId, certificate, ...how }
    const claimed = await this.ownership.claim(claim, this.clock.date())
    switch (claimed.kind) {
      case 'owned':
        break
      case 'taken':
        throw new NodeTakenError(certificate.nodeId, takenStatus)
      case 'collision':
        throw new NodeIdCollisionError(certificate.nodeId, takenStatus)
      case 'reserved':
        throw new NodeReservedError(certificate.nodeId)
      case 'session_ended':
        throw new SessionEndedError()
    }
    const { node, verdict, endedSessions } = claimed
    if (verdict === 'take_over' || verdict === 'transfer') this.announcer.lost(node, endedSessions)
    this.memory.makeStale(sessionId)
    this.announcer.registered(node)
    return { node, isNew: verdict !== 'renew' }
  }
}
