import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common'

import { Logger } from '../../common/logger.js'
import { SHORT_ID_LENGTH } from '../../identity/node-id.js'
import { BusAwayError } from '../../instances/bus.js'
import { Instances } from '../../instances/instances.js'
import type { Message, MessageOf } from '../../instances/messages.js'
import { type Asked, Questions } from './questions.js'

/** Questions that come together go together. */
const GATHER_MS = 2
/** Nodes in one question. */
const MAX_NODES = 1_000
/** How often it is seen to what is in doubt, and to instances that have said nothing. */
const SWEEP_MS = 1_000
/** What an instance said counts for so long when nothing more is heard of it: it speaks every 5 s. */
const BELIEVED_MS = 28_000

/** A node's live connection, as another instance has told of it. */
interface Holder {
  readonly instance: string
  readonly longId: string
}

/** Nodes that are asked about together. */
interface Round {
  readonly shortIds: string[]
  readonly waiting: (() => void)[]
}

const NOBODY: readonly Holder[] = []

/**
 * Which of the nodes that are watched here are connected to other instances. These are asked when the
 * watching begins, and tell by themselves what changes. What an instance tells is numbered: a number that
 * is missing, an answer that does not come or a carrier that was away make everything about it be asked
 * again, so that neither a ghost nor a miss lasts. In memory only.
 */
@Injectable()
export class RemoteNodes implements OnModuleInit, OnModuleDestroy {
  /** By short id. */
  private readonly followed = new Map<string, readonly Holder[]>()
  /** By instance: the number of what it said last, and when (`performance.now()`). */
  private readonly heard = new Map<string, { readonly seq: number; readonly at: number }>()
  /** Instances that may have said more than was heard here. */
  private readonly doubtful = new Set<string>()
  private readonly questions = new Questions((instance) => this.doubtful.add(instance))
  /** Nodes whose question is about to be asked, or has been and is not answered. */
  private readonly unanswered = new Map<string, Round>()
  /** The round that still takes nodes. */
  private next: Round | null = null
  private readonly listeners: ((shortId: string) => void)[] = []
  private timer: NodeJS.Timeout | null = null

  constructor(
    private readonly instances: Instances,
    private readonly logger: Logger,
  ) {}

  onModuleInit(): void {
    const { instances } = this
    instances.on('presence', (news, from) => this.hear(news, from))
    instances.on('presence_answer', (answer, from) => this.hearAnswer(answer, from))
    instances.onJoined((instance) => this.doubtful.add(instance))
    instances.onUp(() => this.doubtAll())
    instances.onGone((instance) => this.lose(instance))
    this.timer = setInterval(() => this.sweep(), SWEEP_MS).unref()
  }

  onModuleDestroy(): void {
    if (this.timer) clearInterval(this.timer)
  }

  /** Is called when a node has come or gone elsewhere, or may have. */
  onChanged(listener: (shortId: string) => void): void {
    this.listeners.push(listener)
  }

  /** From now on `isOnline` knows the node, once the others have been asked (`whenKnown`): now, and each time. */
  follow(shortId: string): void {
    if (!this.followed.has(shortId)) this.followed.set(shortId, NOBODY)
    if (this.instances.isAlone) return
    this.next ??= this.beginRound()
    if (this.unanswered.get(shortId) === this.next) return
    this.next.shortIds.push(shortId)
    this.unanswered.set(shortId, this.next)
  }

  unfollow(shortId: string): void {
    this.followed.delete(shortId)
  }

  /** Calls back when the others have answered about the nodes, or a second is over; at once if that is so. */
  whenKnown(shortIds: readonly string[], callback: () => void): void {
    const rounds = new Set<Round>()
    for (const shortId of shortIds) {
      const round = this.unanswered.get(shortId)
      if (round) rounds.add(round)
    }
    if (rounds.size === 0) {
      callback()
      return
    }
    const callAfterAll = after(rounds.size, callback)
    for (const { waiting } of rounds) waiting.push(callAfterAll)
  }

  /** By either form of a node's id. */
  isOnline(nodeId: string): boolean {
    const shortId = nodeId.slice(0, SHORT_ID_LENGTH)
    const holders = this.followed.get(shortId) ?? NOBODY
    return holders.some(({ longId }) => nodeId === shortId || nodeId === longId)
  }

  private beginRound(): Round {
    const round: Round = { shortIds: [], waiting: [] }
    setTimeout(() => {
      this.next = null
      this.inquire(round.shortIds, [...this.instances.others], () => this.end(round))
    }, GATHER_MS).unref()
    return round
  }

  private end(round: Round): void {
    for (const shortId of round.shortIds) {
      if (this.unanswered.get(shortId) === round) this.unanswered.delete(shortId)
    }
    for (const callback of round.waiting) callback()
  }

  /** @param done is called when all have answered, or have had their time */
  private inquire(
    shortIds: readonly string[],
    instances: readonly string[],
    done: () => void,
    isAgain = false,
  ): void {
    if (instances.length === 0) {
      done()
      return
    }
    const doneOnce = after(Math.ceil(shortIds.length / MAX_NODES), done)
    for (let first = 0; first < shortIds.length; first += MAX_NODES) {
      const nodes = shortIds.slice(first, first + MAX_NODES)
      const n = this.questions.begin({ nodes, isAgain, done: doneOnce }, instances)
      this.send({ kind: 'presence_query', n, nodes }, instances).catch((error: unknown) => {
        if (!(error instanceof BusAwayError)) this.logger.error(error)
        this.questions.giveUp(n)
      })
    }
  }

  private send(question: Message, [first = '', ...more]: readonly string[]): Promise<unknown> {
    return more.length === 0
      ? this.instances.toInstance(first, question)
      : this.instances.toAll(question)
  }

  private hear({ seq, online, offline }: MessageOf<'presence'>, from: string): void {
    const before = this.heard.get(from)
    const isNews = online.length + offline.length > 0
    if (before?.seq !== (isNews ? seq - 1 : seq)) this.doubtful.add(from)
    this.heard.set(from, { seq, at: performance.now() })
    for (const longId of online) this.put(longId.slice(0, SHORT_ID_LENGTH), from, longId)
    for (const longId of offline) this.put(longId.slice(0, SHORT_ID_LENGTH), from, null)
  }

  private hearAnswer({ n, seq, online }: MessageOf<'presence_answer'>, from: string): void {
    const asked = this.questions.find(n, from)
    if (!asked) return
    const before = this.heard.get(from)
    this.heard.set(from, { seq: before?.seq ?? seq, at: performance.now() })
    if (before && before.seq > seq && !asked.isAgain) {
      // Overtaken by what was said after it.
      this.inquire(asked.nodes, [from], () => this.questions.settle(n, from), true)
      return
    }
    this.believe(asked, online, from)
    this.questions.settle(n, from)
  }

  private believe({ nodes }: Asked, online: readonly string[], from: string): void {
    const longIds = new Map(online.map((longId) => [longId.slice(0, SHORT_ID_LENGTH), longId]))
    for (const shortId of nodes) this.put(shortId, from, longIds.get(shortId) ?? null)
  }

  /** @param longId null: the instance does not hold the node */
  private put(shortId: string, instance: string, longId: string | null): void {
    const holders = this.followed.get(shortId)
    if (!holders) return
    const before = holders.find((holder) => holder.instance === instance)
    if ((before?.longId ?? null) === longId) return
    const others = holders.filter((holder) => holder !== before)
    if (longId !== null) this.followed.set(shortId, [...others, { instance, longId }])
    else this.followed.set(shortId, others.length === 0 ? NOBODY : others)
    for (const listener of this.listeners) listener(shortId)
  }

  private doubtAll(): void {
    for (const instance of this.instances.others) this.doubtful.add(instance)
  }

  /** Nothing that it said counts any more. */
  private lose(instance: string): void {
    this.heard.delete(instance)
    this.doubtful.delete(instance)
    this.questions.forget(instance)
    for (const shortId of this.followed.keys()) this.put(shortId, instance, null)
  }

  private sweep(): void {
    const now = performance.now()
    for (const [instance, { at }] of this.heard) if (now - at > BELIEVED_MS) this.lose(instance)
    if (this.followed.size === 0) {
      this.doubtful.clear()
      return
    }
    if (!this.instances.isUp) return
    for (const instance of this.doubtful) {
      this.doubtful.delete(instance)
      this.inquire([...this.followed.keys()], [instance], () => undefined)
    }
  }
}

/** A function that calls back when it is called for the `count`th time. */
function after(count: number, callback: () => void): () => void {
  let left = count
  return () => {
    if (--left === 0) callback()
  }
}
