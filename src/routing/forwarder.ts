import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common'

import { Logger } from '../common/logger.js'
import type { ActorNode } from '../identity/actor.js'
import { type NodeId, shortIdOf } from '../identity/node-id.js'
import { BusAwayError } from '../instances/bus.js'
import { Instances } from '../instances/instances.js'
import type { MessageOf } from '../instances/messages.js'
import { type Bundle, Bundles } from './bundles.js'
import type { Delivery } from './connection.js'
import { Routes } from './routes.js'

/** What became of a signal that left this instance. `unknown`: nobody said in time; it may have arrived. */
export type Outcome = Delivery | 'unknown'

type Tell = (outcome: Outcome) => void

type Signal = Pick<MessageOf<'signal'>, 'n' | 'target' | 'sender'>

interface Pending {
  readonly node: NodeId
  readonly tell: Tell
  readonly sentAtLook: number
}

const LOOK_MS = 250
/**
 * An instance hands nothing over that is older than 1.5 s: what is not answered in two has failed. Counted in
 * looks, because answers that have come may be unread: while this process stands still, so does the wait.
 */
const ANSWER_LOOKS = 8
/** Signals that may wait for their answers: what they cost is bounded, whatever the others do. */
const MAX_PENDING = 10_000
/** Of these, asked about in one message. */
const MAX_ASKED = 1_000

/**
 * Forwards signals to the instance that has their target, and says exactly once what became of each.
 * Of one sender to one target they go in order. Payloads are not kept here.
 */
@Injectable()
export class Forwarder implements OnModuleInit, OnModuleDestroy {
  /** By number, the oldest first. */
  private readonly pending = new Map<number, Pending>()
  private readonly routes = new Routes()
  private readonly bundles = new Bundles((instance, bundle) => this.sendDirectly(instance, bundle))
  private sent = 0
  private looks = 0
  private timer: NodeJS.Timeout | undefined

  constructor(
    private readonly instances: Instances,
    private readonly logger: Logger,
  ) {}

  onModuleInit(): void {
    this.instances.on('handled', ({ done, refused }, from) => {
      this.routes.heardFrom(from)
      for (const n of done) this.learn(n, from)
      for (const n of done) this.conclude(n, 'delivered')
      for (const { n, outcome } of refused) this.conclude(n, outcome)
    })
    this.instances.onGone((instance) => this.routes.heardFrom(instance))
    // Answers may have been missed, here or there.
    this.instances.onUp(() => {
      for (const asked of this.questions()) this.instances.tellAll(asked)
    })
    this.instances.on('hello', (_message, from) => {
      for (const asked of this.questions()) this.instances.tell(from, asked)
    })
    this.timer = setInterval(() => this.giveUpOld(), LOOK_MS)
    this.timer.unref()
  }

  onModuleDestroy(): void {
    clearInterval(this.timer)
  }

  /** There is no other instance. */
  get isAlone(): boolean {
    return this.instances.isAlone
  }

  /**
   * For a target that is not connected to this instance. Takes the same steps for one that is offline and
   * for one that nobody has ever heard of, unless it was reached a moment ago.
   */
  forward(target: string, sender: ActorNode, payloadText: string, tell: Tell): void {
    const node = this.instances.isAlone ? null : shortIdOf(target)
    if (node === null) {
      tell('offline')
      return
    }
    if (!this.instances.isUp || this.pending.size >= MAX_PENDING) {
      tell('unknown')
      return
    }
    const n = ++this.sent
    this.pending.set(n, { node, tell, sentAtLook: this.looks })
    const instance = this.routeTo(node, n)
    if (instance === null) this.sendToPlace(node, { n, target, sender }, payloadText)
    else this.bundles.add(instance, { n, target, sender }, payloadText)
  }

  /** Null: to its place, where whoever has it hears of it. */
  private routeTo(node: NodeId, n: number): string | null {
    if (!this.instances.keepsOrder) return null
    const instance = this.routes.next(node, n, performance.now())
    return instance !== null && this.instances.others.has(instance) ? instance : null
  }

  private sendToPlace(node: NodeId, signal: Signal, payloadText: string): void {
    // Before it comes what was sent to the same node by another way.
    this.bundles.flush()
    const place = this.instances.place('node', node)
    this.instances.toPlace(place, { kind: 'signal', ...signal }, payloadText).then(
      (isTaken) => {
        if (!isTaken) this.conclude(signal.n, 'offline')
      },
      (error: unknown) => this.fail([signal], error),
    )
  }

  private sendDirectly(instance: string, { signals, payloads }: Bundle): void {
    this.routes.sentTo(instance, performance.now())
    this.instances.toInstance(instance, { kind: 'signals', signals }, payloads.join('')).then(
      (isThere) => {
        if (!isThere) this.sendAgain(instance, { signals, payloads })
      },
      (error: unknown) => this.fail(signals, error),
    )
  }

  /** The carrier has lost that instance; the nodes may be at another one by now. */
  private sendAgain(instance: string, { signals, payloads }: Bundle): void {
    this.routes.heardFrom(instance)
    for (const [index, { n, target, sender }] of signals.entries()) {
      const node = this.pending.get(n)?.node
      if (node === undefined) continue
      this.routes.forget(node, n)
      // That was the last other one: nobody is left to be asked, but the node may have come here.
      if (this.instances.isAlone) this.conclude(n, 'unknown')
      else this.sendToPlace(node, { n, target, sender }, payloads[index] ?? '')
    }
  }

  private fail(signals: readonly Pick<Signal, 'n'>[], error: unknown): void {
    // It may have arrived: then the answer is asked for when the carrier is back.
    if (error instanceof BusAwayError && error.mayHaveArrived) return
    if (!(error instanceof BusAwayError)) this.logger.error(error)
    for (const { n } of signals) this.conclude(n, 'unknown')
  }

  private learn(n: number, instance: string): void {
    const signal = this.pending.get(n)
    if (signal) this.routes.learn(signal.node, instance, n)
  }

  private questions(): MessageOf<'unanswered'>[] {
    const numbers = [...this.pending.keys()]
    return Array.from({ length: Math.ceil(numbers.length / MAX_ASKED) }, (_, index) => ({
      kind: 'unanswered',
      numbers: numbers.slice(index * MAX_ASKED, (index + 1) * MAX_ASKED),
    }))
  }

  private conclude(n: number, outcome: Outcome): void {
    const signal = this.pending.get(n)
    if (!signal) return
    this.pending.delete(n)
    if (outcome === 'offline' || outcome === 'unknown') this.routes.forget(signal.node, n)
    signal.tell(outcome)
  }

  private giveUpOld(): void {
    this.looks++
    for (const [n, { sentAtLook }] of this.pending) {
      // The first came before a whole one was over.
      if (this.looks - sentAtLook <= ANSWER_LOOKS) return
      this.conclude(n, 'unknown')
    }
  }
}
