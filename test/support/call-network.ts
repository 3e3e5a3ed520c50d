import { randomUUID } from 'node:crypto'

import { Clock } from '../../src/common/clock.js'
import { type NodeId, nodeIdSchema } from '../../src/identity/node-id.js'
import type { Message } from '../../src/instances/messages.js'
import type { ConnectionObserver } from '../../src/routing/connection-registry.js'
import { CallConfirmations } from '../../src/signaling/calls/call-confirmations.js'
import { CallDeliveries } from '../../src/signaling/calls/call-deliveries.js'
import { CallLinks } from '../../src/signaling/calls/call-links.js'
import { CallSignals } from '../../src/signaling/calls/call-signals.js'
import { Calls } from '../../src/signaling/calls/calls.js'
import { HeldCalls } from '../../src/signaling/calls/held-calls.js'
import type { ErrorFrame } from '../../src/signaling/protocol/hub-frames.js'

type Handler = (message: never, from: string, body: Buffer) => void

/** Milliseconds that a message is on its way. */
const LATENCY_MS = 3

/** Carries messages between instances in memory, in order, and loses some of them without a word. */
export class CallNetwork {
  readonly hubs: CallHub[]
  private readonly takers = new Map<string, Set<CallHub>>()
  /** Of 1: how likely a message is to be lost on its way to one instance. */
  loss = 0
  /** Messages that are lost in any case. */
  isLost: (message: Message, to: string) => boolean = () => false

  /** How often an instance has asked the carrier whether a place is taken, or taken one. */
  questions = 0

  /** Milliseconds that an instance waits until it has a place. */
  takesMs: (hub: CallHub) => number = () => 0

  /** @param random from 0 to 1, as Math.random */
  constructor(
    readonly count: number,
    private readonly random: () => number = () => 1,
  ) {
    this.hubs = Array.from({ length: count }, (_each, index) => new CallHub(this, `hub-${index}`))
  }

  async take(place: string, hub: CallHub): Promise<number> {
    this.questions++
    const takesMs = this.takesMs(hub)
    if (takesMs > 0) await new Promise((resolve) => setTimeout(resolve, takesMs))
    this.takers.set(place, (this.takers.get(place) ?? new Set()).add(hub))
    return 1
  }

  leave(place: string, hub: CallHub): void {
    this.takers.get(place)?.delete(hub)
  }

  taken(places: string[]): Promise<boolean[]> {
    this.questions++
    return Promise.resolve(places.map((place) => this.isTaken(place)))
  }

  isTaken(place: string): boolean {
    return (this.takers.get(place)?.size ?? 0) > 0
  }

  toPlace(place: string, message: Message, from: string, body: string): Promise<boolean> {
    for (const hub of this.takers.get(place) ?? []) this.carry(hub, message, from, body)
    return Promise.resolve(this.isTaken(place))
  }

  toInstance(id: string, message: Message, from: string): Promise<void> {
    const hub = this.hubs.find((each) => each.id === id)
    if (hub) this.carry(hub, message, from, '')
    return Promise.resolve()
  }

  private carry(hub: CallHub, message: Message, from: string, body: string): void {
    if (hub.id !== from && (this.random() < this.loss || this.isLost(message, hub.id))) return
    setTimeout(() => hub.receive(message, from, Buffer.from(body)), LATENCY_MS)
  }

  end(): void {
    for (const hub of this.hubs) hub.end()
  }
}

/** One instance: its calls are real, its carrier and its connections are not. */
export class CallHub {
  readonly held: HeldCalls
  readonly calls: Calls
  readonly connected = new Map<string, unknown>()
  private readonly confirmations: CallConfirmations
  private readonly handlers = new Map<string, Handler[]>()
  private observer: ConnectionObserver = {}
  private goneListener: (instance: string) => void = () => undefined

  constructor(
    readonly network: CallNetwork,
    readonly id: string,
  ) {
    const instances = this.instances()
    const logger = { error: (error: unknown) => raise(error) } as never
    this.held = new HeldCalls(instances)
    this.confirmations = new CallConfirmations(instances, logger)
    const links = new CallLinks(this.held, instances, this.confirmations, logger)
    const deliveries = new CallDeliveries({} as never)
    const signals = new CallSignals(this.held, instances, deliveries, this.confirmations, logger)
    const connections = {
      get: (shortId: string) => this.connected.get(shortId) ?? null,
      observe: (observer: ConnectionObserver) => (this.observer = observer),
    } as never
    this.calls = new Calls(this.held, links, signals, connections, new Clock())
    for (const each of [this.confirmations, links, signals, this.calls]) each.onModuleInit()
  }

  receive(message: Message, from: string, body: Buffer): void {
    for (const handle of this.handlers.get(message.kind) ?? []) {
      handle(message as never, from, body)
    }
  }

  disconnect(member: CallNode): void {
    this.connected.delete(member.nodeId)
    this.observer.gone?.(member.connection as never, false)
  }

  /** Is told that another instance has ended. */
  lose(instance: string): void {
    this.goneListener(instance)
  }

  end(): void {
    this.calls.onModuleDestroy()
    this.confirmations.onModuleDestroy()
  }

  private instances(): never {
    const { network } = this
    const instances = {
      id: this.id,
      isAlone: network.count === 1,
      isUp: true,
      others: { has: (id: string) => network.hubs.some((hub) => hub.id === id) },
      place: (_kind: string, id: string) => id,
      take: (place: string) => network.take(place, this),
      leave: (place: string) => network.leave(place, this),
      taken: (places: string[]) => network.taken(places),
      toPlace: (place: string, message: Message, body = '') =>
        network.toPlace(place, message, this.id, body),
      toInstance: (id: string, message: Message) => network.toInstance(id, message, this.id),
      on: (kind: string, handler: Handler) => {
        this.handlers.set(kind, [...(this.handlers.get(kind) ?? []), handler])
      },
      onGone: (listener: (instance: string) => void) => (this.goneListener = listener),
      onUp: () => undefined,
    }
    return instances as never
  }
}

/** A classic client at one instance, which keeps who it believes to be in its call. */
export class CallNode {
  readonly nodeId: NodeId
  readonly believed = new Set<string>()
  /** How often it was let into a call, or told again that it is in one. */
  joined = 0
  /** Payloads of signals, in the order they came. */
  readonly heard: number[] = []
  /** What became of its signals, by their `ref`: every answer there was, `ack` or code and whom it names. */
  readonly answers = new Map<unknown, string[]>()
  readonly connection

  constructor(
    readonly hub: CallHub,
    number: number,
    accountId = number,
  ) {
    this.nodeId = nodeIdSchema.parse(`dpc-node-${String(number).padStart(16, '0')}`)
    const node = {
      nodeId: this.nodeId,
      shortId: this.nodeId,
      longId: this.nodeId,
      isProven: false,
      spkiSha256: 'x',
    }
    this.connection = {
      actor: { node, accountId },
      endedBy: null,
      isModern: false,
      send: (frame: string) => {
        this.take(frame)
        return 'delivered'
      },
    }
    hub.connected.set(this.nodeId, this.connection)
  }

  join(callId: string): void {
    this.hub.calls.join(this.client, { type: 'join', callId, ref: 'join' })
  }

  leave(callId: string): void {
    this.hub.calls.leave(this.client, { type: 'leave', callId, ref: 'leave' })
  }

  close(callId: string): void {
    this.hub.calls.close(this.client, { type: 'close', callId, ref: 'close' })
  }

  signal(callId: string, payload: number): void {
    const payloadText = String(payload)
    this.hub.calls.signal(this.client, { type: 'call_signal', callId, payloadText, ref: payload })
  }

  private get client(): never {
    const client = {
      connection: this.connection,
      reply: (frame: string) => this.take(frame),
      acknowledge: (ref: unknown) => this.answer(ref, 'ack'),
      refuse: ({ ref, code, target }: ErrorFrame) =>
        this.answer(ref, target === undefined ? code : `${code} ${target}`),
    }
    return client as never
  }

  private answer(ref: unknown, answer: string): void {
    this.answers.set(ref, [...(this.answers.get(ref) ?? []), answer])
    if (ref === 'leave') this.believed.clear()
  }

  private take(text: string): void {
    const { type, node_ids, node_id, payload } = JSON.parse(text)
    if (type === 'signal') this.heard.push(payload)
    else if (type === 'joined') {
      this.joined++
      this.believed.clear()
      for (const id of node_ids) this.believed.add(id)
    } else if (type === 'peer-join') this.believed.add(node_id)
    else if (type === 'peer-leave') this.believed.delete(node_id)
    else this.believed.clear()
  }
}

export function newCall(): string {
  return randomUUID()
}

function raise(error: unknown): never {
  throw error
}
