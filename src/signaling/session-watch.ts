import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common'

import { Clock } from '../common/clock.js'
import { UnavailableError } from '../common/hub-error.js'
import { Logger } from '../common/logger.js'
import { Instances } from '../instances/instances.js'
import { ConnectionRegistry } from '../routing/connection-registry.js'
import { ConnectedNodes } from '../tokens/connected-nodes.js'
import { NodeSightings } from '../tokens/node-sightings.js'
import { RegistrationFeed } from '../tokens/registration-feed.js'
import { RevocationFeed } from '../tokens/revocation-feed.js'
import { SessionStore } from '../tokens/session.store.js'
import { type Visibility, VisibilityFeed } from '../tokens/visibility-feed.js'

const EVERY_MS = 30_000
/** Sessions asked about in one statement. */
const AT_ONCE = 1_000

/**
 * Asks Postgres every 30 s which sessions of open connections have ended, and which nodes are no
 * longer their account's or not to be seen. All of this is announced as it happens; this finds what nobody
 * announced: the answer to a COMMIT was lost, another instance or an operator did it.
 */
@Injectable()
export class SessionWatch implements OnModuleInit, OnModuleDestroy {
  private timer: NodeJS.Timeout | null = null
  private isLooking = false
  /** Something was missed since the look under way began. */
  private isDue = false

  constructor(
    private readonly connections: ConnectionRegistry,
    private readonly sessions: SessionStore,
    private readonly feed: RevocationFeed,
    private readonly visibility: VisibilityFeed,
    private readonly nodes: ConnectedNodes,
    private readonly registrations: RegistrationFeed,
    private readonly sightings: NodeSightings,
    private readonly instances: Instances,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  onModuleInit(): void {
    this.timer = setInterval(() => this.lookNow(), EVERY_MS)
    this.timer.unref()
    // What others announced while the carrier was away was not heard here.
    this.instances.onUp(() => this.lookNow())
  }

  onModuleDestroy(): void {
    if (this.timer) clearInterval(this.timer)
  }

  /** One look at a time, however often the carrier comes and goes. */
  private lookNow(): void {
    this.isDue = true
    if (!this.isLooking) this.lookWhileDue().catch((error: unknown) => this.logger.error(error))
  }

  private async lookWhileDue(): Promise<void> {
    this.isLooking = true
    try {
      while (this.isDue) {
        this.isDue = false
        await this.look()
      }
    } finally {
      this.isLooking = false
    }
  }

  /** Tells this instance what has ended. Postgres being away is no reason to close anything. */
  async look(): Promise<void> {
    const open = [...this.connections.all()].map(({ actor }) => {
      this.sightings.note(actor.node)
      const { sessionId, accountId, isHidden, node } = actor
      return { sessionId, accountId, isHidden, node, spkiSha256: node.spkiSha256 }
    })
    try {
      for (let first = 0; first < open.length; first += AT_ONCE) {
        const asked = open.slice(first, first + AT_ONCE)
        await this.lookWhoIsHidden(asked)
        const changed = await this.nodes.changedAmong(asked.map(({ node }) => node))
        for (const node of changed) this.registrations.announceHere(node)
        for (const lost of await this.sessions.lostAmong(asked, this.clock.date())) {
          const { sessionId, spkiSha256 } = lost
          this.feed.announceHere(
            lost.hasEnded
              ? { kind: 'session', sessionId }
              : { kind: 'node', spkiSha256, sessionId },
          )
        }
      }
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error
    }
  }

  private async lookWhoIsHidden(open: readonly Visibility[]): Promise<void> {
    const since = performance.now()
    const hidden = await this.sessions.hiddenAmong(open.map(({ accountId }) => accountId))
    for (const { accountId, isHidden } of open) {
      if (hidden.has(accountId) === isHidden) continue
      // What was announced while Postgres was answering is newer than its answer.
      if (this.visibility.announcedSince(accountId, since) !== null) continue
      this.visibility.announceHere({ accountId, isHidden: !isHidden })
    }
  }
}
