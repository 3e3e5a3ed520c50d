import { Injectable } from '@nestjs/common'

import type { ActorNode } from '../identity/actor.js'

/** Which nodes of which accounts are connected to this instance. In memory only, never written down. */
@Injectable()
export class Presence {
  /** The latest connection last. */
  private readonly nodesByAccount = new Map<number, readonly ActorNode[]>()

  join(accountId: number, node: ActorNode): void {
    this.nodesByAccount.set(accountId, [...this.othersOf(accountId, node), node])
  }

  /** The same node under another form of its id. */
  rename(accountId: number, node: ActorNode): void {
    const nodes = this.nodesByAccount.get(accountId) ?? []
    const renamed = nodes.map((each) => (each.spkiSha256 === node.spkiSha256 ? node : each))
    if (nodes.length > 0) this.nodesByAccount.set(accountId, renamed)
  }

  leave(accountId: number, node: ActorNode): void {
    const others = this.othersOf(accountId, node)
    if (others.length > 0) this.nodesByAccount.set(accountId, others)
    else this.nodesByAccount.delete(accountId)
  }

  /** The account's most recently connected live node. */
  latestNodeOf(accountId: number): ActorNode | null {
    return this.nodesByAccount.get(accountId)?.at(-1) ?? null
  }

  /** Whether the account's node is connected. */
  isOnline(accountId: number, spkiSha256: string): boolean {
    const nodes = this.nodesByAccount.get(accountId) ?? []
    return nodes.some((node) => node.spkiSha256 === spkiSha256)
  }

  private othersOf(accountId: number, node: ActorNode): readonly ActorNode[] {
    const nodes = this.nodesByAccount.get(accountId) ?? []
    return nodes.filter(({ spkiSha256 }) => spkiSha256 !== node.spkiSha256)
  }
}
