import { Injectable } from '@nestjs/common'

import { SessionMemory } from './session-memory.js'

/** Something that ended, so that connections made with it must close. */
export type Ended =
  | { readonly kind: 'session'; readonly sessionId: string }
  | { readonly kind: 'account'; readonly accountId: number }
  /** Released, or gone to another account. */
  | { readonly kind: 'node'; readonly spkiSha256: string }

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
    if (ended.kind === 'node') this.memory.loseNode(ended.spkiSha256)
    for (const listener of this.listeners) listener(ended)
  }
}
