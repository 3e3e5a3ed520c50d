import { Injectable, type OnModuleInit } from '@nestjs/common'

import { Logger } from '../common/logger.js'
import { BusAwayError } from '../instances/bus.js'
import { Instances } from '../instances/instances.js'
import type { Connection } from '../routing/connection.js'
import { ConnectionRegistry } from '../routing/connection-registry.js'
import type { Missed, SentFrames } from '../routing/sent-frames.js'
import { closeCodes } from '../sockets/close-codes.js'
import type { Client } from './client.js'
import { Deliveries } from './deliveries.js'
import type { Frame } from './protocol/frames.js'
import { resumedFrame } from './protocol/hub-frames.js'
import { type Resumed, Resumptions } from './resumptions.js'

/** How long another instance may take to say what a connection to it had been sent. */
const ANSWER_MS = 2_000
/** Answers that may be waited for at once. */
const MAX_ASKED = 10_000

interface Asked {
  readonly client: Client
  readonly instance: string
  readonly lastSeq: number
  readonly late: NodeJS.Timeout
}

/**
 * Hands a client what its lost connection was sent and it did not get, in the same order. The instance that
 * held the connection is asked for it; if that has gone, so has what it knew.
 */
@Injectable()
export class Resumer implements OnModuleInit {
  /** By number of the question. */
  private readonly asked = new Map<number, Asked>()
  /** Connections that wait for an answer: one each. */
  private readonly waiting = new WeakSet<Connection>()
  private questions = 0

  constructor(
    private readonly instances: Instances,
    private readonly resumptions: Resumptions,
    private readonly deliveries: Deliveries,
    private readonly connections: ConnectionRegistry,
    private readonly logger: Logger,
  ) {}

  onModuleInit(): void {
    this.instances.on('resume_query', ({ n, ...asked }, from) => this.answer(from, n, asked))
    this.instances.on('resume_answer', ({ n, missed }, from, body) => {
      if (this.asked.get(n)?.instance !== from) return
      this.conclude(n, missed && framesOf(missed, body))
    })
    this.instances.onGone((instance) => {
      for (const [n, asked] of this.asked) if (asked.instance === instance) this.conclude(n, null)
    })
  }

  /** For a new connection of a `v=2` client. */
  begin(): SentFrames {
    return this.resumptions.begin()
  }

  /** Answers with `resumed` and the frames, or with exactly one `resume_failed`. */
  resume(client: Client, { connectionId, lastSeq }: Frame & { type: 'resume' }): void {
    const { connection } = client
    const { accountId, node } = connection.actor
    const { shortId, spkiSha256 } = node
    const asked = { connectionId, lastSeq, accountId, spkiSha256, node: shortId }
    const [instance = ''] = connectionId.split('.', 1)
    if (!client.isNew || !connection.sent || connection.sent.connectionId === connectionId) {
      fail(client)
    } else if (instance === this.instances.id) {
      this.hand(client, lastSeq, this.resumptions.missed(asked))
    } else if (this.canAsk(instance, connection)) {
      this.ask(client, instance, asked)
    } else {
      fail(client)
    }
  }

  private canAsk(instance: string, connection: Connection): boolean {
    return (
      this.instances.others.has(instance) &&
      !this.waiting.has(connection) &&
      this.asked.size < MAX_ASKED
    )
  }

  private ask(client: Client, instance: string, asked: Resumed): void {
    const n = ++this.questions
    const late = setTimeout(() => this.conclude(n, null), ANSWER_MS)
    this.asked.set(n, { client, instance, lastSeq: asked.lastSeq, late })
    this.waiting.add(client.connection)
    this.instances
      .toInstance(instance, { kind: 'resume_query', n, ...asked })
      .catch((error: unknown) => {
        if (!(error instanceof BusAwayError)) this.logger.error(error)
        this.conclude(n, null)
      })
  }

  private answer(to: string, n: number, asked: Resumed): void {
    const missed = this.resumptions.missed(asked)
    const texts = (missed ?? []).map(({ text }) => Buffer.from(text))
    const frames = missed?.map(({ isSignal }, index) => ({
      isSignal,
      bytes: texts[index]?.length ?? 0,
    }))
    this.instances
      .toInstance(to, { kind: 'resume_answer', n, missed: frames ?? null }, Buffer.concat(texts))
      .catch((error: unknown) => {
        if (!(error instanceof BusAwayError)) this.logger.error(error)
      })
  }

  private conclude(n: number, missed: readonly Missed[] | null): void {
    const asked = this.asked.get(n)
    if (!asked) return
    const { client, lastSeq, late } = asked
    clearTimeout(late)
    this.asked.delete(n)
    this.waiting.delete(client.connection)
    if (client.connection.isOpen) this.hand(client, lastSeq, missed)
  }

  private hand(client: Client, lastSeq: number, missed: readonly Missed[] | null): void {
    const { connection } = client
    const { sent } = connection
    if (!missed || !sent) {
      fail(client)
      return
    }
    sent.continueAfter(lastSeq)
    client.reply(resumedFrame(sent.nextSeq))
    for (const { text, isSignal } of missed) {
      if (!isSignal) client.answer(text)
      else if (this.deliveries.hand(connection, text) === 'slow') {
        // Their senders believe them handed over: rather no connection than one with a gap.
        connection.close(closeCodes.tryAgainLater, 'frames pile up unread')
        this.connections.remove(connection)
        return
      }
    }
  }
}

function fail(client: Client): void {
  const message = 'what that connection was sent is not known any more'
  client.refuse({ code: 'resume_failed', message })
}

function framesOf(
  heads: readonly { readonly isSignal: boolean; readonly bytes: number }[],
  body: Buffer,
): Missed[] {
  let at = 0
  return heads.map(({ isSignal, bytes }) => {
    const text = body.toString('utf8', at, at + bytes)
    at += bytes
    return { isSignal, text }
  })
}
