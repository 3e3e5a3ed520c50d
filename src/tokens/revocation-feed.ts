import { Injectable, type OnModuleInit } from '@nestjs/common'

import { Instances } from '../instances/instances.js'
import { SessionMemory } from './session-memory.js'

/** Something that ended, so that connections made with it must close. */
export type Ended =
  | { readonly kind: 'session'; readonly sessionId: string }
  | { readonly kind: 'account'; readonly accountId: number }
  /** Released, or gone to another account: for all that speak for it, or for one session that did. */
  | { readonly kind: 'node'; readonly spkiSha256: string; readonly sessionId?: string | undefined }

/** Ends told to other instances in one message. */
const MAX_TOLD = 500

/**
 * Tells every instance what has ended. The database already says so when `announce` is called: what
 * a listener misses, the next read of the session finds.
 */
@Injectable()
export class RevocationFeed implements OnModuleInit {
  private readonly listeners: ((ended: Ended) => void)[] = []
  private untold: Ended[] = []

  constructor(
    private readonly memory: SessionMemory,
    private readonly instances: Instances,
  ) {}

  onModuleInit(): void {
    this.instances.on('ended', ({ ended }) => {
      for (const each of ended) this.announceHere(each)
    })
  }

  onEnded(listener: (ended: Ended) => void): void {
    this.listeners.push(listener)
  }

  announce(ended: Ended): void {
    this.announceHere(ended)
    if (this.instances.isAlone) return
    if (this.untold.length === 0) setImmediate(() => this.tellOthers())
    this.untold.push(ended)
  }

  /** To this instance alone: others have heard of it, or find out as this one did. */
  announceHere(ended: Ended): void {
    if (ended.kind === 'session') this.memory.endSession(ended.sessionId)
    if (ended.kind === 'account') this.memory.endAccount(ended.accountId)
    if (ended.kind === 'node') {
      // One session's loss says nothing against whoever has the node now.
      if (ended.sessionId === undefined) this.memory.loseNode(ended.spkiSha256)
      else this.memory.makeStale(ended.sessionId)
    }
    for (const listener of this.listeners) listener(ended)
  }

  /** Thousands may end at once: what one turn of the event loop brings goes together. */
  private tellOthers(): void {
    const untold = this.untold
    this.untold = []
    for (let first = 0; first < untold.length; first += MAX_TOLD) {
      this.instances.tellAll({ kind: 'ended', ended: untold.slice(first, first + MAX_TOLD) })
    }
  }
}
