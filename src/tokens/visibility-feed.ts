import { Injectable, type OnModuleInit } from '@nestjs/common'

import { Instances } from '../instances/instances.js'

/** How long a change is remembered: longer than any upgrade may take. */
const REMEMBERED_MS = 60_000

/** Whether others may see the nodes of an account to be connected, from now on. */
export interface Visibility {
  readonly accountId: number
  readonly isHidden: boolean
}

/**
 * Tells every instance whose nodes are to be seen, and whose are not. The database already says so when
 * `announce` is called: what a listener misses, `SessionWatch` finds within 30 s.
 */
@Injectable()
export class VisibilityFeed implements OnModuleInit {
  private readonly listeners: ((visibility: Visibility) => void)[] = []
  /** By account, the oldest first; times by the monotonic clock. */
  private readonly lately = new Map<number, { readonly isHidden: boolean; readonly at: number }>()

  constructor(private readonly instances: Instances) {}

  onModuleInit(): void {
    this.instances.on('visibility', ({ accountId, isHidden }) => {
      this.announceHere({ accountId, isHidden })
    })
  }

  onChanged(listener: (visibility: Visibility) => void): void {
    this.listeners.push(listener)
  }

  announce(visibility: Visibility): void {
    this.announceHere(visibility)
    this.instances.tellAll({ kind: 'visibility', ...visibility })
  }

  /** To this instance alone: it has found out for itself. */
  announceHere(visibility: Visibility): void {
    this.remember(visibility)
    for (const listener of this.listeners) listener(visibility)
  }

  /** What was announced of the account since then, if anything. @param since of `performance.now()` */
  announcedSince(accountId: number, since: number): boolean | null {
    const latest = this.lately.get(accountId)
    return latest && latest.at >= since ? latest.isHidden : null
  }

  private remember({ accountId, isHidden }: Visibility): void {
    const now = performance.now()
    for (const [oldest, { at }] of this.lately) {
      if (now - at <= REMEMBERED_MS) break
      this.lately.delete(oldest)
    }
    this.lately.delete(accountId)
    this.lately.set(accountId, { isHidden, at: now })
  }
}
