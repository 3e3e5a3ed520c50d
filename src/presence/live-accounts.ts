import { Injectable, type OnModuleInit } from '@nestjs/common'

import { Logger } from '../common/logger.js'
import { BusAwayError } from '../instances/bus.js'
import { Instances } from '../instances/instances.js'
import type { Message, MessageOf } from '../instances/messages.js'
import { Presence } from './presence.js'

/** How long the others may take to answer. Who comes later is known to the next who asks. */
const ANSWER_MS = 300
/** For so long one answer serves all who ask. */
const KEPT_MS = 2_000
/** Accounts in one message: an instance may have 19,000 connections. */
const PART_ACCOUNTS = 2_000

/** Accounts with a connected node that others may see. */
export interface Live {
  /** Each once. */
  readonly accountIds: readonly number[]
  /** False: some instance has not said which it has. */
  readonly isComplete: boolean
}

/**
 * Who is live over all instances of the hub, for searches. The others are asked when somebody wants to
 * know, every two seconds at most; what they say is kept for as long, in memory only.
 */
@Injectable()
export class LiveAccounts implements OnModuleInit {
  private round: Round | null = null
  private questions = 0

  constructor(
    private readonly presence: Presence,
    private readonly instances: Instances,
    private readonly logger: Logger,
  ) {}

  onModuleInit(): void {
    this.instances.on('live_query', ({ n }, from) => this.answer(n, from))
    this.instances.on('live_answer', (answer, from) => this.round?.hear(answer, from))
    this.instances.onGone((instance) => this.round?.excuse(instance))
  }

  /** Those of this instance as of now, of others as of two seconds ago at most. Takes 300 ms at most. */
  async everywhere(): Promise<Live> {
    if (this.instances.isAlone) {
      return { accountIds: [...this.presence.visibleAccounts()], isComplete: true }
    }
    const round = this.latestRound()
    await round.settled
    const accountIds = [...round.accountIds]
    for (const accountId of this.presence.visibleAccounts()) {
      if (!round.accountIds.has(accountId)) accountIds.push(accountId)
    }
    return { accountIds, isComplete: round.isComplete }
  }

  private latestRound(): Round {
    if (this.round && performance.now() - this.round.begunAt < KEPT_MS) return this.round
    const round = new Round(++this.questions, this.instances.others)
    this.round = round
    this.send(this.instances.toAll({ kind: 'live_query', n: round.n }), () => round.giveUp())
    return round
  }

  private answer(n: number, to: string): void {
    const all = [...this.presence.visibleAccounts()]
    const of = Math.max(1, Math.ceil(all.length / PART_ACCOUNTS))
    for (let part = 0; part < of; part++) {
      const accountIds = all.slice(part * PART_ACCOUNTS, (part + 1) * PART_ACCOUNTS)
      const message: Message = { kind: 'live_answer', n, part, of, accountIds }
      // Without the carrier the one who asked has given up, too.
      this.send(this.instances.toInstance(to, message), () => undefined)
    }
  }

  private send(sent: Promise<unknown>, failed: () => void): void {
    sent.catch((error: unknown) => {
      if (!(error instanceof BusAwayError)) this.logger.error(error)
      failed()
    })
  }
}

/** One question to all others, and what they have answered so far. */
class Round {
  readonly begunAt = performance.now()
  readonly accountIds = new Set<number>()
  /** All have answered, or need not be waited for any longer. */
  readonly settled: Promise<void>
  private settle: () => void = () => undefined
  private readonly late: NodeJS.Timeout
  /** Who has not answered in full, with the parts that have come. */
  private readonly awaited: Map<string, Set<number>>

  constructor(
    readonly n: number,
    others: Iterable<string>,
  ) {
    this.awaited = new Map([...others].map((instance) => [instance, new Set()]))
    this.settled = new Promise((resolve) => (this.settle = resolve))
    this.late = setTimeout(() => this.settle(), ANSWER_MS)
  }

  get isComplete(): boolean {
    return this.awaited.size === 0
  }

  hear({ n, part, of, accountIds }: MessageOf<'live_answer'>, from: string): void {
    const parts = this.awaited.get(from)
    if (n !== this.n || !parts) return
    for (const accountId of accountIds) this.accountIds.add(accountId)
    if (parts.add(part).size >= of) this.excuse(from)
  }

  /** It has said all, or has gone: nobody is connected to it. */
  excuse(instance: string): void {
    this.awaited.delete(instance)
    if (this.isComplete) this.giveUp()
  }

  giveUp(): void {
    clearTimeout(this.late)
    this.settle()
  }
}
