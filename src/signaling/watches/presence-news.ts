import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common'

import { Logger } from '../../common/logger.js'
import { BusAwayError } from '../../instances/bus.js'
import { Instances } from '../../instances/instances.js'
import type { MessageOf } from '../../instances/messages.js'
import type { Connection } from '../../routing/connection.js'
import { ConnectionRegistry } from '../../routing/connection-registry.js'
import { Departures } from './departures.js'

/** Changes that come together go together. */
const GATHER_MS = 50
/** How often the others hear of this instance when nothing changes. */
const REPEAT_MS = 5_000
/**
 * Tells the other instances which nodes that others may see come and go here, and answers what they ask.
 * An instance that is alone tells nothing.
 */
@Injectable()
export class PresenceNews implements OnModuleInit, OnModuleDestroy {
  /** Of what was told last: whoever misses a number asks anew. */
  private seq = 0
  /** Nodes to tell of, by their short ids. */
  private readonly changed = new Map<string, Connection>()
  private gathering: NodeJS.Timeout | null = null
  private repeating: NodeJS.Timeout | null = null

  constructor(
    private readonly connections: ConnectionRegistry,
    private readonly departures: Departures,
    private readonly instances: Instances,
    private readonly logger: Logger,
  ) {}

  onModuleInit(): void {
    this.connections.observe({
      arrived: (connection, replaced) => {
        if (isSeen(connection) !== isSeen(replaced)) this.note(connection)
      },
      gone: (connection, isReplaced) => {
        if (isSeen(connection) && !isReplaced) this.note(connection)
      },
      changed: (connection) => this.note(connection),
    })
    this.departures.onOver((connection) => this.note(connection))
    this.instances.on('presence_query', (query, from) => this.answer(query, from))
    this.repeating = setInterval(() => this.repeat(), REPEAT_MS).unref()
  }

  onModuleDestroy(): void {
    if (this.gathering) clearTimeout(this.gathering)
    if (this.repeating) clearInterval(this.repeating)
  }

  private note(connection: Connection): void {
    if (this.instances.isAlone) return
    this.changed.set(connection.actor.node.shortId, connection)
    this.gathering ??= setTimeout(() => this.tell(), GATHER_MS).unref()
  }

  /** How it is by now, whatever has been between. */
  private tell(): void {
    if (this.gathering) clearTimeout(this.gathering)
    this.gathering = null
    if (this.changed.size === 0) return
    const online: string[] = []
    const offline: string[] = []
    for (const [shortId, connection] of this.changed) {
      const longId = this.find(shortId)
      if (longId !== null) online.push(longId)
      else offline.push(connection.actor.node.longId)
    }
    this.changed.clear()
    this.seq++
    this.send(this.instances.toAll({ kind: 'presence', seq: this.seq, online, offline }))
  }

  private repeat(): void {
    if (this.instances.isAlone) return
    this.tell()
    this.send(this.instances.toAll({ kind: 'presence', seq: this.seq, online: [], offline: [] }))
  }

  /** One of a node that nobody may see is the same as one of a node that is not here. */
  private answer({ n, nodes }: MessageOf<'presence_query'>, from: string): void {
    // So that the answer is all of what has been told up to its number.
    this.tell()
    const online = nodes.flatMap((shortId) => this.find(shortId) ?? [])
    this.send(
      this.instances.toInstance(from, { kind: 'presence_answer', n, seq: this.seq, online }),
    )
  }

  /** The long id of a node that is connected here, as others may see it. */
  private find(shortId: string): string | null {
    const connection = this.connections.get(shortId) ?? this.departures.get(shortId)
    return isSeen(connection) ? connection.actor.node.longId : null
  }

  /** What is lost leaves a gap in the numbers, and is asked for. */
  private send(sent: Promise<unknown>): void {
    sent.catch((error: unknown) => {
      if (!(error instanceof BusAwayError)) this.logger.error(error)
    })
  }
}

function isSeen(connection: Connection | null): connection is Connection {
  return connection !== null && !connection.actor.isHidden
}
