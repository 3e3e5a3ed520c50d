import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common'

import type { Connection, NodeActor } from '../routing/connection.js'
import { ConnectionRegistry } from '../routing/connection-registry.js'
import { type CloseCode, closeCodes } from '../sockets/close-codes.js'
import { type Notice, NoticeFeed } from '../tokens/notice-feed.js'
import { type Ended, RevocationFeed } from '../tokens/revocation-feed.js'
import { noticeFrame } from './protocol/hub-frames.js'

/** Between two walks over all connections: thousands of sessions that end at once cost a few walks. */
const PAUSE_MS = 50

/** What has been heard since the last walk. */
class News {
  readonly sessions = new Set<string>()
  readonly accounts = new Set<number>()
  /** Nodes that are nobody's any more who speaks for them now. */
  readonly nodes = new Set<string>()
  /** Nodes that one session has lost: both, side by side. */
  readonly lost = new Set<string>()
  readonly texts = new Map<string | number, string[]>()

  hear(ended: Ended): void {
    if (ended.kind === 'session') this.sessions.add(ended.sessionId)
    else if (ended.kind === 'account') this.accounts.add(ended.accountId)
    else if (ended.sessionId === undefined) this.nodes.add(ended.spkiSha256)
    else this.lost.add(lossOf(ended.spkiSha256, ended.sessionId))
  }

  pass({ to, frame }: Notice): void {
    const whose = 'accountId' in to ? to.accountId : to.spkiSha256
    this.texts.set(whose, [...(this.texts.get(whose) ?? []), noticeFrame(frame)])
  }

  /** Why a connection made as `actor` is to close; null if it stays. */
  endOf({ accountId, sessionId, node }: NodeActor): readonly [CloseCode, string] | null {
    if (this.accounts.has(accountId)) {
      return [closeCodes.accountDeleted, 'the account was deleted']
    }
    const { spkiSha256 } = node
    const isLost = this.lost.size > 0 && this.lost.has(lossOf(spkiSha256, sessionId))
    if (isLost || this.nodes.has(spkiSha256)) {
      return [closeCodes.nodeReleased, 'the node was released or taken over']
    }
    if (this.sessions.has(sessionId)) return [closeCodes.sessionRevoked, 'the session has ended']
    return null
  }

  textsFor({ accountId, node }: NodeActor): readonly string[] {
    if (this.texts.size === 0) return []
    return [...(this.texts.get(accountId) ?? []), ...(this.texts.get(node.spkiSha256) ?? [])]
  }
}

/**
 * Closes the connections whose session, node or account has ended, and passes on what their owners should
 * know. At once when something is heard after a pause; what comes thick and fast is gathered, so that N
 * endings among M connections cost N and a few times M, not N times M.
 */
@Injectable()
export class Endings implements OnModuleInit, OnModuleDestroy {
  private news = new News()
  private walkedAt = -Infinity
  private timer: NodeJS.Timeout | null = null

  constructor(
    private readonly connections: ConnectionRegistry,
    private readonly feed: RevocationFeed,
    private readonly notices: NoticeFeed,
  ) {}

  onModuleInit(): void {
    this.feed.onEnded((ended) => {
      this.news.hear(ended)
      this.walkSoon()
    })
    this.notices.onNotice((notice) => {
      this.news.pass(notice)
      this.walkSoon()
    })
  }

  onModuleDestroy(): void {
    if (this.timer) clearTimeout(this.timer)
  }

  private walkSoon(): void {
    if (this.timer) return
    if (performance.now() - this.walkedAt >= PAUSE_MS) this.walk()
    else this.timer = setTimeout(() => this.walk(), PAUSE_MS)
  }

  private walk(): void {
    const news = this.news
    this.news = new News()
    this.timer = null
    for (const connection of this.connections.all()) this.tell(connection, news)
    this.walkedAt = performance.now()
  }

  /** One that does not read hears nothing more: it is about to be closed. */
  private tell(connection: Connection, news: News): void {
    const end = news.endOf(connection.actor)
    if (end) {
      connection.close(...end)
      // At once: nothing more is relayed from or to it.
      this.connections.remove(connection)
    } else if (connection.isModern) {
      for (const text of news.textsFor(connection.actor)) connection.send(text)
    }
  }
}

function lossOf(spkiSha256: string, sessionId: string): string {
  return `${spkiSha256} ${sessionId}`
}
