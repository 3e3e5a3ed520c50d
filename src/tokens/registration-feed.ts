import { Injectable } from '@nestjs/common'

import type { ActorNode } from '../identity/actor.js'

/**
 * Tells this instance which node has just been registered: a live connection of it goes by the id
 * that it was registered under last (CONTRACT §2).
 */
@Injectable()
export class RegistrationFeed {
  private readonly listeners: ((node: ActorNode) => void)[] = []

  onRegistered(listener: (node: ActorNode) => void): void {
    this.listeners.push(listener)
  }

  announce(node: ActorNode): void {
    for (const listener of this.listeners) listener(node)
  }
}
