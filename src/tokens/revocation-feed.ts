import { Injectable } from '@nestjs/common'

import { SessionMemory } from './session-memory.js'

/** Something that ended, so that connections made with it must close. */
export type Ended =
  | { readonly kind: 'session'; readonly sessionId: string }
  | { readonly kind: 'account'; readonly accountId: number }
  /** Released, or gone to another account: for all that speak for it, or for one session that did. */
  | { readonly kind: 'node'; readonly spkiSha256: string; readonly sessionId?: string }

/**
 * Tells this instance what has ended. The database already says so when `announce` is called: what
 * a listener misses, the next read of the session finds.
 */
@Injectable()
export class RevocationFeed {
  private readonly listeners: ((ended: Ended) => void)[] = []

  constructor(private readonly memory: SessionMemory) {}

  onEnded(listener: (ended: Ended) => void): void {
    this.listeners.push(listener)
  }

  announce(ended: Ended): void {
    if (ended.kind === 'session') this.memory.endSession(ended.sessionId)
    if (ended.kind === 'account') this.memory.endAccount(ended.accountId)
    if (ended.kind === 'node') {
      // One session's loss says nothing against whoever has the node now.
      if (ended.sessionId === undefined) this.memory.loseNode(ended.spkiSha256)
      else this.memory.makeStale(ended.sessionId)
    }
    for (const listener of this.listeners) listener(ended)
  }
}
