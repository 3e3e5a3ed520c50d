import { Injectable } from '@nestjs/common'

import { Clock } from '../common/clock.js'
import { HubConfig } from '../config/hub-config.js'
import { type ConnectionEnd, nextPingSeconds } from './ping-interval.js'

/** How long a node may stay away and still get the interval that its last connection earned. */
const REMEMBERED_MS = 600_000
/** Nodes remembered at most: about 2 MB. The one whose connection ended first is forgotten first. */
const MAX_NODES = 10_000

/**
 * How often to ping each node. Remembered are nodes whose last connection ended within ten minutes and
 * that need a shorter interval than others; for all the rest there is nothing here. Each instance
 * learns for itself.
 */
@Injectable()
export class PingIntervals {
  /** Seconds for the next connection, by `spki_sha256`; in the order in which the last ones ended. */
  private readonly short = new Map<string, { readonly seconds: number; readonly endedAt: number }>()

  constructor(
    private readonly config: HubConfig,
    private readonly clock: Clock,
  ) {}

  /** Nodes remembered. */
  get size(): number {
    return this.short.size
  }

  /** For a connection that begins now. */
  secondsFor(spkiSha256: string): number {
    this.forgetOld()
    return this.short.get(spkiSha256)?.seconds ?? this.config.signaling.pingSeconds
  }

  /** The node's connection has ended: what it tells for the next one. */
  learn(spkiSha256: string, end: ConnectionEnd): void {
    const { pingSeconds } = this.config.signaling
    const seconds = nextPingSeconds(end, pingSeconds)
    this.short.delete(spkiSha256)
    this.forgetOld()
    if (seconds < pingSeconds) this.short.set(spkiSha256, { seconds, endedAt: this.clock.now() })
  }

  private forgetOld(): void {
    const oldestKept = this.clock.now() - REMEMBERED_MS
    for (const [spkiSha256, { endedAt }] of this.short) {
      if (endedAt > oldestKept && this.short.size < MAX_NODES) return
      this.short.delete(spkiSha256)
    }
  }
}
