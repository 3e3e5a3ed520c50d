import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'

import { Logger } from '../../common/logger.js'
import type { Instances } from '../../instances/instances.js'
import type { Message, MessageOf } from '../../instances/messages.js'
import { RemoteNodes } from './remote-nodes.js'

const NODE = `dpc-node-${'a'.repeat(32)}`
const SHORT = NODE.slice(0, 25)
const OTHER = `dpc-node-${'b'.repeat(32)}`

type Query = MessageOf<'presence_query'>

/** The instances of a hub as one of them sees them: what it asks is kept, what they say is the test's. */
class FakeInstances {
  readonly others = new Set(['one', 'two'])
  readonly asked: { to: string; query: Query }[] = []
  isUp = true
  private readonly handlers = new Map<string, (message: Message, from: string) => void>()
  private readonly up: (() => void)[] = []
  private readonly gone: ((instance: string) => void)[] = []

  get isAlone(): boolean {
    return this.others.size === 0
  }

  on(kind: string, handler: (message: Message, from: string) => void): void {
    this.handlers.set(kind, handler)
  }

  onJoined(): void {
    // Nobody joins.
  }

  onUp(listener: () => void): void {
    this.up.push(listener)
  }

  onGone(listener: (instance: string) => void): void {
    this.gone.push(listener)
  }

  toInstance(to: string, query: Query): Promise<void> {
    this.asked.push({ to, query })
    return Promise.resolve()
  }

  toAll(query: Query): Promise<void> {
    for (const to of this.others) this.asked.push({ to, query })
    return Promise.resolve()
  }

  /** Says what the last question to the instance was answered with. */
  answer(from: string, seq: number, ...online: string[]): void {
    const last = this.asked.findLast(({ to }) => to === from)
    if (!last) throw new Error(`${from} was not asked`)
    this.say(from, { kind: 'presence_answer', n: last.query.n, seq, online })
  }

  tell(from: string, seq: number, online: string[], offline: string[] = []): void {
    this.say(from, { kind: 'presence', seq, online, offline })
  }

  comeUp(): void {
    for (const listener of this.up) listener()
  }

  lose(instance: string): void {
    this.others.delete(instance)
    for (const listener of this.gone) listener(instance)
  }

  private say(from: string, message: Message): void {
    this.handlers.get(message.kind)?.(message, from)
  }
}

describe('the nodes of other instances', () => {
  let instances: FakeInstances
  let nodes: RemoteNodes
  let changes: string[]

  beforeEach(() => {
    jest.useFakeTimers()
    instances = new FakeInstances()
    const silent = new Logger({ level: 'silent', format: 'json' })
    nodes = new RemoteNodes(instances as unknown as Instances, silent)
    nodes.onModuleInit()
    changes = []
    nodes.onChanged((shortId) => changes.push(shortId))
  })

  afterEach(() => {
    nodes.onModuleDestroy()
    jest.useRealTimers()
  })

  /** Both have answered that they do not have the node, as of their news numbered 0. */
  function follow(): void {
    nodes.follow(SHORT)
    jest.advanceTimersByTime(2)
    instances.answer('one', 0)
    instances.answer('two', 0)
    instances.asked.splice(0)
  }

  it('are known when all have answered', () => {
    let isKnown = false
    nodes.follow(SHORT)
    nodes.whenKnown([SHORT], () => (isKnown = true))

    jest.advanceTimersByTime(2)
    instances.answer('one', 7, NODE)
    expect([isKnown, nodes.isOnline(NODE)]).toEqual([false, true])
    instances.answer('two', 3)

    expect([isKnown, nodes.isOnline(SHORT), nodes.isOnline(NODE)]).toEqual([true, true, true])
    expect(nodes.isOnline(`${SHORT}${'b'.repeat(16)}`)).toBe(false)
    expect(changes).toEqual([SHORT])
  })

  it('are taken for offline when somebody does not answer, who is asked again', () => {
    let isKnown = false
    nodes.follow(SHORT)
    nodes.whenKnown([SHORT], () => (isKnown = true))
    jest.advanceTimersByTime(2)
    instances.answer('one', 0)
    jest.advanceTimersByTime(1_000)

    expect([isKnown, nodes.isOnline(NODE)]).toEqual([true, false])
    instances.asked.splice(0)
    jest.advanceTimersByTime(1_000)
    expect(instances.asked.map(({ to }) => to)).toEqual(['two'])
    instances.answer('two', 0, NODE)
    expect(nodes.isOnline(NODE)).toBe(true)
  })

  it('are asked about once, however many are followed in one moment', () => {
    nodes.follow(SHORT)
    nodes.follow(OTHER.slice(0, 25))
    jest.advanceTimersByTime(2)

    expect(instances.asked).toHaveLength(2)
    expect(instances.asked[0]?.query.nodes).toEqual([SHORT, OTHER.slice(0, 25)])
  })

  it('are asked about again, once, each time somebody begins to watch them: nobody learns who else does', () => {
    follow()
    instances.tell('one', 1, [NODE])
    let isKnown = false

    for (let watchers = 0; watchers < 3; watchers++) nodes.follow(SHORT)
    nodes.whenKnown([SHORT], () => (isKnown = true))

    expect(nodes.isOnline(NODE)).toBe(true)
    expect(isKnown).toBe(false)
    jest.advanceTimersByTime(2)
    expect(instances.asked.map(({ query }) => query.nodes)).toEqual([[SHORT], [SHORT]])
    instances.answer('one', 1, NODE)
    instances.answer('two', 0)
    expect([isKnown, changes]).toEqual([true, [SHORT]])
  })

  it('come and go as their instances tell', () => {
    follow()

    instances.tell('one', 1, [NODE, OTHER])
    expect(nodes.isOnline(NODE)).toBe(true)
    instances.tell('two', 1, [NODE])
    instances.tell('one', 2, [], [NODE])
    expect(nodes.isOnline(NODE)).toBe(true)
    instances.tell('two', 2, [], [NODE])

    expect(nodes.isOnline(NODE)).toBe(false)
    jest.advanceTimersByTime(3_000)
    expect(instances.asked).toEqual([])
  })

  it.each([
    ['by the next that is told', () => instances.tell('one', 3, [OTHER])],
    ['when nothing more is told', () => instances.tell('one', 2, [])],
  ])('are asked about again when something told was lost, as is noticed %s', (_when, say) => {
    follow()
    instances.tell('one', 1, [NODE])

    say()
    jest.advanceTimersByTime(1_000)

    expect(instances.asked.map(({ to, query }) => [to, query.nodes])).toEqual([['one', [SHORT]]])
    instances.answer('one', 3)
    expect(nodes.isOnline(NODE)).toBe(false)
  })

  it('are asked about again at once when an answer was overtaken by later news', () => {
    nodes.follow(SHORT)
    jest.advanceTimersByTime(2)
    instances.answer('two', 0)
    instances.tell('one', 1, [], [NODE])

    instances.answer('one', 0, NODE)
    expect(nodes.isOnline(NODE)).toBe(false)
    instances.answer('one', 1)

    expect(nodes.isOnline(NODE)).toBe(false)
  })

  it('are offline when their instance has ended', () => {
    follow()
    instances.tell('one', 1, [NODE])

    instances.lose('one')

    expect([nodes.isOnline(NODE), changes]).toEqual([false, [SHORT, SHORT]])
  })

  it('are believed for less than 30 s when nothing more is heard, and asked about when it is', () => {
    follow()
    instances.tell('one', 1, [NODE])
    instances.isUp = false

    jest.advanceTimersByTime(25_000)
    expect(nodes.isOnline(NODE)).toBe(true)
    jest.advanceTimersByTime(5_000)
    expect(nodes.isOnline(NODE)).toBe(false)
    instances.isUp = true
    instances.comeUp()
    jest.advanceTimersByTime(1_000)

    expect(instances.asked.map(({ to }) => to).sort()).toEqual(['one', 'two'])
    instances.answer('one', 1, NODE)
    expect(nodes.isOnline(NODE)).toBe(true)
  })

  it('are forgotten when nobody watches them', () => {
    follow()
    instances.tell('one', 1, [NODE])

    nodes.unfollow(SHORT)
    instances.tell('one', 2, [], [NODE])
    instances.lose('one')

    expect([nodes.isOnline(NODE), changes]).toEqual([false, [SHORT]])
  })

  it('are none while this instance is alone, and nobody is asked', () => {
    instances.others.clear()
    let isKnown = false
    nodes.follow(SHORT)
    nodes.whenKnown([SHORT], () => (isKnown = true))
    jest.advanceTimersByTime(10_000)

    expect([isKnown, nodes.isOnline(NODE), instances.asked]).toEqual([true, false, []])
  })
})
