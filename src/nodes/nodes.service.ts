import { Injectable } from '@nestjs/common'

import { Clock } from '../common/clock.js'
import type { Actor } from '../identity/actor.js'
import { checkRegistration } from '../identity/certificate.js'
import type { NodeId } from '../identity/node-id.js'
import { RegistrationFeed } from '../tokens/registration-feed.js'
import { SessionMemory } from '../tokens/session-memory.js'
import { SessionStore } from '../tokens/session.store.js'
import { SessionEndedError } from '../tokens/tokens.errors.js'
import { NodeStore } from './node.store.js'
import { NodeIdCollisionError, NodeReservedError, NodeTakenError } from './nodes.errors.js'
import type { RegisterNode } from './nodes.schema.js'

/** Registers nodes by their certificates. */
@Injectable()
export class NodesService {
  constructor(
    private readonly nodes: NodeStore,
    private readonly sessions: SessionStore,
    private readonly memory: SessionMemory,
    private readonly feed: RegistrationFeed,
    private readonly clock: Clock,
  ) {}

  /**
   * Registers a node to the actor's account without proof that the actor holds its key (CONTRACT §2,
   * classic), and binds the actor's session to it. Doing it again renews the certificate.
   *
   * @throws CertificateError      the id, key or certificate fails a check, named by the error's code
   * @throws NodeTakenError        another account holds the node
   * @throws NodeIdCollisionError  another key has this id
   * @throws NodeReservedError     it was given up by somebody else less than 30 days ago
   */
  async registerUnproven(actor: Actor, request: RegisterNode): Promise<NodeId> {
    const now = this.clock.date()
    const certificate = checkRegistration(request, now, 'rsa')
    const registration = await this.nodes.register(actor.accountId, certificate, now)
    switch (registration.kind) {
      case 'registered':
        break
      case 'taken':
        throw new NodeTakenError(certificate.nodeId)
      case 'collision':
        throw new NodeIdCollisionError(certificate.nodeId)
      case 'reserved':
        throw new NodeReservedError(certificate.nodeId)
      case 'account_gone':
        throw new SessionEndedError()
    }
    await this.sessions.bindNode(actor.sessionId, certificate.spkiSha256)
    this.memory.makeStale(actor.sessionId)
    const { spkiSha256, nodeId, ids } = certificate
    const { isProven } = registration
    this.feed.announce({ spkiSha256, nodeId, shortId: ids.short, longId: ids.long, isProven })
    return certificate.nodeId
  }
}
