import { Injectable, type OnModuleInit } from '@nestjs/common'

import type { ActorNode } from '../identity/actor.js'
import { Instances } from '../instances/instances.js'

/**
 * Tells every instance which node has just been registered: a live connection of it goes by the id
 * that it was registered under last (CONTRACT §2). What one misses, `SessionWatch` finds within 30 s.
 */
@Injectable()
export class RegistrationFeed implements OnModuleInit {
  private readonly listeners: ((node: ActorNode) => void)[] = []

  constructor(private readonly instances: Instances) {}

  onModuleInit(): void {
    this.instances.on('registered', ({ node }) => this.announceHere(node))
  }

  onRegistered(listener: (node: ActorNode) => void): void {
    this.listeners.push(listener)
  }

  announce(node: ActorNode): void {
    this.announceHere(node)
    this.instances.tellAll({ kind: 'registered', node })
  }

  /** To this instance alone: it has found out for itself. */
  announceHere(node: ActorNode): void {
    for (const listener of this.listeners) listener(node)
  }
}
