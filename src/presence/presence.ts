import { Injectable } from '@nestjs/common'

import type { Actor, ActorNode } from '../identity/actor.js'

/** Whose connection it is. */
export interface Present extends Pick<Actor, 'accountId' | 'isHidden'> {
  readonly node: ActorNode
}

/** Which nodes of which accounts are connected to this instance. In memory only, never written down. */
@Injectable()
export class Presence {
  /** The latest connection last. */
  private readonly byAccount = new Map<number, readonly Present[]>()

  join(present: Present): void {
    this.byAccount.set(present.accountId, [...this.othersOf(present), present])
  }

  /** The same node under another form of its id, or hidden or shown. */
  change(present: Present): void {
    const { accountId, node } = present
    const all = this.of(accountId).map((each) =>
      each.node.spkiSha256 === node.spkiSha256 ? present : each,
    )
    if (all.length > 0) this.byAccount.set(accountId, all)
  }

  leave(present: Present): void {
    const others = this.othersOf(present)
    if (others.length > 0) this.byAccount.set(present.accountId, others)
    else this.byAccount.delete(present.accountId)
  }

  /** Those of the account that are connected here. */
  nodesOf(accountId: number): readonly ActorNode[] {
    return this.of(accountId).map(({ node }) => node)
  }

  /** The account's most recently connected live node, of those that others may see. */
  latestNodeOf(accountId: number): ActorNode | null {
    return this.of(accountId).findLast(({ isHidden }) => !isHidden)?.node ?? null
  }

  /** Whether the account's node is connected: for its owner. */
  isOnline(accountId: number, spkiSha256: string): boolean {
    return this.of(accountId).some(({ node }) => node.spkiSha256 === spkiSha256)
  }

  private of(accountId: number): readonly Present[] {
    return this.byAccount.get(accountId) ?? []
  }

  private othersOf({ accountId, node }: Present): readonly Present[] {
    return this.of(accountId).filter((each) => each.node.spkiSha256 !== node.spkiSha256)
  }
}
