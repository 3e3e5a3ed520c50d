import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common'

import { AuditLog } from '../../audit/audit-log.js'
import { Clock } from '../../common/clock.js'
import { NotFoundError, UnavailableError } from '../../common/hub-error.js'
import { Logger } from '../../common/logger.js'
import { NoticeFeed } from '../../tokens/notice-feed.js'
import { NodeAnnouncer } from '../node-announcer.js'
import type { NodeId } from '../../identity/node-id.js'
import type { Node } from '../node-row.js'
import { NodeNotFoundError, NodeTakenError } from '../nodes.errors.js'
import { type NewKey, NodeReplacement } from './node-replacement.js'
import { type DueRotation, PendingRotationStore } from './pending-rotation.store.js'

/** Time for the owner to hear of a new key and to say no. */
const DELAY_MS = 72 * 3_600_000
const EVERY_MS = 60_000

/** New keys that an account alone has asked for: they wait, the account is told, and may say no. */
@Injectable()
export class PendingRotations implements OnModuleInit, OnModuleDestroy {
  private timer: NodeJS.Timeout | null = null

  constructor(
    private readonly store: PendingRotationStore,
    private readonly replacement: NodeReplacement,
    private readonly announcer: NodeAnnouncer,
    private readonly notices: NoticeFeed,
    private readonly audit: AuditLog,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  onModuleInit(): void {
    this.timer = setInterval(() => {
      this.applyDue().catch((error: unknown) => this.logger.error(error))
    }, EVERY_MS)
    this.timer.unref()
  }

  onModuleDestroy(): void {
    if (this.timer) clearInterval(this.timer)
  }

  /**
   * Resolves with when the new key will take the node's place.
   *
   * @throws NodeNotFoundError  the node has gone from the account meanwhile
   * @throws NodeTakenError     the new key waits to take another node's place
   */
  async request(node: Node, newKey: NewKey): Promise<Date> {
    const { accountId, nodeId } = node
    const now = this.clock.date()
    const effectiveAt = new Date(now.getTime() + DELAY_MS)
    const detail = { node_id: nodeId, new_node_id: newKey.nodeId }
    const outcome = await this.store.add(node, newKey, { now, effectiveAt }, (queries) =>
      this.audit.record(accountId, 'node_rotation_requested', detail, queries),
    )
    if (outcome === 'not_own') throw new NodeNotFoundError()
    if (outcome === 'taken') throw new NodeTakenError(newKey.nodeId, 409)
    this.notices.announce({
      to: { accountId },
      frame: {
        type: 'node_rotation',
        node_id: nodeId,
        new_node_id: newKey.nodeId,
        effective_at: effectiveAt.toISOString(),
      },
    })
    return effectiveAt
  }

  /** @throws NotFoundError  no new key waits */
  async of(node: Node): Promise<{ newNodeId: NodeId; effectiveAt: Date }> {
    const found = await this.store.find(node)
    if (!found) throw nothingWaits()
    return { newNodeId: this.store.open(found).nodeId, effectiveAt: found.effectiveAt }
  }

  /** @throws NotFoundError  no new key waits */
  async cancel(node: Node): Promise<void> {
    if (!(await this.store.remove(node))) throw nothingWaits()
    await this.tellCancelled(node)
  }

  /** Puts those in place whose time has come; once more in a minute if Postgres is away now. */
  async applyDue(): Promise<void> {
    try {
      for (const due of await this.store.due(this.clock.date())) await this.applyOne(due)
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error
    }
  }

  /** One that cannot be put in place holds up no other: the operator reads of it every minute. */
  private async applyOne(due: DueRotation): Promise<void> {
    try {
      await this.apply(due)
    } catch (error) {
      if (error instanceof UnavailableError) throw error
      this.logger.error(error)
    }
  }

  /** A key that others have proven or collide with since is forgotten, and the owner told. */
  private async apply(due: DueRotation): Promise<void> {
    const old = due.node
    const now = this.clock.date()
    const replacement = { old, newKey: this.store.open(due), continuity: null, sessionId: null }
    const outcome = await this.replacement.replace(
      replacement,
      (queries) => this.store.removeDue(old, now, queries),
      now,
    )
    if (outcome.kind === 'owned') this.announcer.replaced(old, outcome)
    else if (outcome.kind === 'taken' || outcome.kind === 'collision') {
      await this.store.remove(old)
      await this.tellCancelled(old)
    }
  }

  private tellCancelled({ accountId, nodeId }: Node): Promise<void> {
    return this.audit.record(accountId, 'node_rotation_cancelled', { node_id: nodeId })
  }
}

function nothingWaits(): NotFoundError {
  return new NotFoundError('no new key waits to take the place of this node')
}
