import { Injectable } from '@nestjs/common'

import { Clock } from '../../common/clock.js'
import { UnavailableError } from '../../common/hub-error.js'
import { Logger } from '../../common/logger.js'
import { NoticeFeed } from '../../tokens/notice-feed.js'
import { PrekeyStore } from './prekey.store.js'

/** One-time keys that are few: half a minute of what one node may give away. */
const FEW = 10
const TOLD_MS = 60_000

/** Tells a node on its modern socket (`?v=2`) that it should publish more one-time keys. */
@Injectable()
export class LowPrekeys {
  /** By node, when it was told; the oldest first. */
  private readonly toldAt = new Map<string, number>()

  constructor(
    private readonly prekeys: PrekeyStore,
    private readonly notices: NoticeFeed,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /**
   * Looks what a claim has left, and tells the node if it is little: once a minute, whoever claims.
   * Nobody waits for it, and if it fails, the next claim looks again.
   */
  afterClaim(spkiSha256: string): void {
    this.tellIfFew(spkiSha256).catch((error: unknown) => {
      if (!(error instanceof UnavailableError)) this.logger.error(error)
    })
  }

  private async tellIfFew(spkiSha256: string): Promise<void> {
    if (this.wasTold(spkiSha256)) return
    // After the claim, on its own: claims at the same time do not see each other.
    const count = await this.prekeys.countOneTime(spkiSha256)
    if (count > FEW || this.wasTold(spkiSha256)) return
    this.toldAt.set(spkiSha256, this.clock.now())
    this.notices.announce({ to: { spkiSha256 }, frame: { type: 'keys_low', count } })
  }

  private wasTold(spkiSha256: string): boolean {
    const now = this.clock.now()
    for (const [node, at] of this.toldAt) {
      if (now - at < TOLD_MS) break
      this.toldAt.delete(node)
    }
    return this.toldAt.has(spkiSha256)
  }
}
