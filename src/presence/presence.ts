import { Injectable } from '@nestjs/common'

import { UnavailableError } from '../common/hub-error.js'
import { within } from '../common/within.js'
import type { Actor, ActorNode } from '../identity/actor.js'
import { BusAwayError } from '../instances/bus.js'
import { Instances } from '../instances/instances.js'

/** An answer waits so long for what is known elsewhere. */
const PATIENCE_MS = 300

/** Whose connection it is. */
export interface Present extends Pick<Actor, 'accountId' | 'isHidden'> {
  readonly node: ActorNode
}

/** A registered node, as one must know it to ask whether it is connected. */
export interface PlacedNode extends Pick<ActorNode, 'shortId' | 'spkiSha256'> {
  readonly accountId: number
}

/** Which nodes of which accounts are connected. In memory only, never written down. */
@Injectable()
export class Presence {
  /** To this instance; the latest connection last. */
  private readonly byAccount = new Map<number, readonly Present[]>()

  constructor(private readonly instances: Instances) {}

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

  /** Those of the account that are connected to this instance. */
  nodesOf(accountId: number): readonly ActorNode[] {
    return this.of(accountId).map(({ node }) => node)
  }

  /** The account's most recently connected node at this instance, of those that others may see. */
  latestNodeOf(accountId: number): ActorNode | null {
    return this.of(accountId).findLast(({ isHidden }) => !isHidden)?.node ?? null
  }

  /** Accounts with a node at this instance that others may see. One step for each account that is here. */
  *visibleAccounts(): Generator<number> {
    for (const [accountId, nodes] of this.byAccount) {
      if (nodes.some(({ isHidden }) => !isHidden)) yield accountId
    }
  }

  /** No other instance needs to be asked: there is none. */
  get isAllHere(): boolean {
    return this.instances.isAlone
  }

  /**
   * Those of the nodes that are connected, whether others may see it or not, by their `spki_sha256`. The
   * carrier is asked once, for 300 ms at most; without an answer those elsewhere are none.
   */
  async onlineAmong(nodes: readonly PlacedNode[]): Promise<ReadonlySet<string>> {
    const [here, rest] = [new Set<string>(), [] as PlacedNode[]]
    for (const node of nodes) {
      if (this.isHere(node)) here.add(node.spkiSha256)
      else rest.push(node)
    }
    const elsewhere = await this.taken(rest)
    return new Set([...here, ...elsewhere.map(({ spkiSha256 }) => spkiSha256)])
  }

  private isHere({ accountId, spkiSha256 }: PlacedNode): boolean {
    return this.of(accountId).some(({ node }) => node.spkiSha256 === spkiSha256)
  }

  private async taken(nodes: readonly PlacedNode[]): Promise<readonly PlacedNode[]> {
    if (this.instances.isAlone || nodes.length === 0) return []
    const places = nodes.map(({ shortId }) => this.instances.place('node', shortId))
    try {
      const taken = this.instances.taken(places)
      const areTaken = await within(PATIENCE_MS, taken, () => new BusAwayError())
      return nodes.filter((_node, index) => areTaken[index])
    } catch (error) {
      if (error instanceof BusAwayError || error instanceof UnavailableError) return []
      throw error
    }
  }

  private of(accountId: number): readonly Present[] {
    return this.byAccount.get(accountId) ?? []
  }

  private othersOf({ accountId, node }: Present): readonly Present[] {
    return this.of(accountId).filter((each) => each.node.spkiSha256 !== node.spkiSha256)
  }
}
