import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common'

import { Logger } from '../../common/logger.js'
import { BusAwayError } from '../../instances/bus.js'
import { Instances } from '../../instances/instances.js'
import type { Missed } from './missed.js'

/** An instance hands nothing over that is older than 1.5 s: what is not confirmed by now has failed. */
const ANSWER_MS = 2_000
const LOOK_MS = 250
/** What may wait for confirmation at once: its cost is bounded, whatever the others do. */
const MAX_PENDING = 10_000

/** @param unanswered instances that said nothing in time */
type Settle = (missed: readonly Missed[], unanswered: readonly string[]) => void

interface Pending {
  readonly callId: string
  readonly awaited: Set<string>
  readonly missed: Missed[]
  readonly sentAt: number
  readonly settle: Settle
}

interface Done {
  readonly n: number
  readonly missed: readonly Missed[]
}

/** What several instances were told of a call, until each of them has confirmed it or cannot any more. */
@Injectable()
export class CallConfirmations implements OnModuleInit, OnModuleDestroy {
  /** By number, the oldest first. */
  private readonly pending = new Map<number, Pending>()
  /** The numbers of what waits, by call. */
  private readonly byCall = new Map<string, Set<number>>()
  private sent = 0
  private timer: NodeJS.Timeout | undefined
  /** What is to be confirmed to others, by instance: all of one turn of the event loop goes together. */
  private done = new Map<string, Done[]>()

  constructor(
    private readonly instances: Instances,
    private readonly logger: Logger,
  ) {}

  get isFull(): boolean {
    return this.pending.size >= MAX_PENDING
  }

  onModuleInit(): void {
    this.instances.on('call_handled', ({ done }, from) => {
      for (const { n, missed } of done) this.answer(n, from, missed)
    })
    this.timer = setInterval(() => this.giveUpOld(), LOOK_MS)
    this.timer.unref()
  }

  onModuleDestroy(): void {
    clearInterval(this.timer)
  }

  /** Settles exactly once, after two seconds at the latest. @returns the number that they are to confirm */
  expect(callId: string, awaited: readonly string[], settle: Settle): number {
    const n = ++this.sent
    const sentAt = performance.now()
    this.pending.set(n, { callId, awaited: new Set(awaited), missed: [], sentAt, settle })
    this.byCall.set(callId, (this.byCall.get(callId) ?? new Set()).add(n))
    return n
  }

  /** It could not be sent. */
  fail(n: number): void {
    this.settle(n, this.pending.get(n))
  }

  /** The instance has no members of the call any more: there is nobody there to miss anything. */
  excuse(callId: string, instance: string): void {
    for (const n of [...(this.byCall.get(callId) ?? [])]) this.answer(n, instance, [])
  }

  /** The instance is gone: nobody waits for it, of whatever call. */
  forget(instance: string): void {
    for (const n of [...this.pending.keys()]) this.answer(n, instance, [])
  }

  /** To the instance `to`: what it numbered `n` was done here. */
  confirm(to: string, n: number, missed: readonly Missed[]): void {
    if (this.done.size === 0) setImmediate(() => this.flush())
    const done = this.done.get(to) ?? []
    this.done.set(to, done)
    done.push({ n, missed })
  }

  private answer(n: number, from: string, missed: readonly Missed[]): void {
    const pending = this.pending.get(n)
    if (!pending?.awaited.delete(from)) return
    pending.missed.push(...missed)
    if (pending.awaited.size === 0) this.settle(n, pending)
  }

  private settle(n: number, pending: Pending | undefined): void {
    if (!pending || !this.pending.delete(n)) return
    const numbers = this.byCall.get(pending.callId)
    numbers?.delete(n)
    if (numbers?.size === 0) this.byCall.delete(pending.callId)
    pending.settle(pending.missed, [...pending.awaited])
  }

  private giveUpOld(): void {
    const now = performance.now()
    for (const [n, pending] of this.pending) {
      if (now - pending.sentAt < ANSWER_MS) return
      this.settle(n, pending)
    }
  }

  private flush(): void {
    const gathered = this.done
    this.done = new Map()
    for (const [to, done] of gathered) {
      const message = {
        kind: 'call_handled' as const,
        done: done.map(({ n, missed }) => ({ n, missed: [...missed] })),
      }
      this.instances.toInstance(to, message).catch((error: unknown) => {
        // Who waits for it gives up after two seconds.
        if (!(error instanceof BusAwayError)) this.logger.error(error)
      })
    }
  }
}
