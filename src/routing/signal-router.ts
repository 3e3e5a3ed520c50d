import { Injectable } from '@nestjs/common'

import { SHORT_ID_LENGTH } from '../identity/node-id.js'
import type { Connection } from './connection.js'
import { ConnectionRegistry } from './connection-registry.js'

/** Finds the connection of the node a frame names. */
@Injectable()
export class SignalRouter {
  constructor(private readonly connections: ConnectionRegistry) {}

  /** Either form of a node's id finds it; a long id of another key with the same prefix does not. Synchronous. */
  find(target: string): Connection | null {
    const connection = this.connections.get(target.slice(0, SHORT_ID_LENGTH))
    if (!connection) return null
    const { shortId, longId } = connection.actor.node
    return target === shortId || target === longId ? connection : null
  }
}
