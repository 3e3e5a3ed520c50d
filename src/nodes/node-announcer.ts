import { Injectable } from '@nestjs/common'

import { RegistrationFeed } from '../tokens/registration-feed.js'
import { RevocationFeed } from '../tokens/revocation-feed.js'
import type { Node } from './node-row.js'
import type { Replaced } from './rotation/node-replacement.js'

/** Tells this instance what has become of nodes, once it is durable. */
@Injectable()
export class NodeAnnouncer {
  constructor(
    private readonly registrations: RegistrationFeed,
    private readonly revocations: RevocationFeed,
  ) {}

  /** A live connection of it goes by its new id, and as proven. */
  registered({ spkiSha256, nodeId, ids, isProven }: Node): void {
    this.registrations.announce({
      spkiSha256,
      nodeId,
      shortId: ids.short,
      longId: ids.long,
      isProven,
    })
  }

  /** Its connection closes, its sessions are read anew, and some of them have ended with it. */
  lost({ spkiSha256 }: Pick<Node, 'spkiSha256'>, endedSessions: readonly string[]): void {
    this.revocations.announce({ kind: 'node', spkiSha256 })
    for (const sessionId of endedSessions) this.revocations.announce({ kind: 'session', sessionId })
  }

  /** Another key stands in its place. */
  replaced(old: Node, { node, verdict, endedSessions, endedByRotation }: Replaced): void {
    if (verdict === 'take_over') this.lost(node, endedSessions)
    this.lost(old, endedByRotation)
    this.registered(node)
  }
}
