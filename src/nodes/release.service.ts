import { Injectable } from '@nestjs/common'

import { Clock } from '../common/clock.js'
import type { Actor } from '../identity/actor.js'
import type { NodeId } from '../identity/node-id.js'
import { requireFreshLogin } from '../tokens/fresh-login.js'
import { NodeAnnouncer } from './node-announcer.js'
import { NodeOwnership } from './node-ownership.js'
import { NodeStore } from './node.store.js'
import { NodeNotFoundError } from './nodes.errors.js'

/** Gives nodes up. */
@Injectable()
export class ReleaseService {
  constructor(
    private readonly nodes: NodeStore,
    private readonly ownership: NodeOwnership,
    private readonly announcer: NodeAnnouncer,
    private readonly clock: Clock,
  ) {}

  /**
   * Gives a node up. Its connection closes, its sessions end (the caller's own stays unless it
   * began by the node's key), and for 30 days others can register it only with proof.
   *
   * @throws NodeNotFoundError
   * @throws FreshLoginRequiredError  the node is proven and the session is not fresh
   */
  async release(actor: Actor, nodeId: NodeId): Promise<void> {
    const node = await this.nodes.ownNode(actor, nodeId)
    if (node.isProven) requireFreshLogin(actor, this.clock.now())
    const ended = await this.ownership.release(node, actor.sessionId, this.clock.date())
    if (!ended) throw new NodeNotFoundError()
    this.announcer.lost(node, ended)
  }
}
