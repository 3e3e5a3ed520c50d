import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'

import { Logger } from '../common/logger.js'
import { nodeIdSchema } from '../identity/node-id.js'
import { BusAwayError } from '../instances/bus.js'
import type { Instances } from '../instances/instances.js'
import { type Message, messageSchema } from '../instances/messages.js'
import { LiveAccounts } from './live-accounts.js'
import { Presence, type Present } from './presence.js'

type Handler = (message: Message, from: string) => void

/** One instance: who is live is real, its carrier is not. Messages pass the schema on their way. */
class FakeInstance {
  readonly presence: Presence
  readonly live: LiveAccounts
  /** What it has sent. */
  readonly sent: Message[] = []
  isUp = true
  /** False: what comes for it is lost. */
  hears = true
  private readonly handlers = new Map<string, Handler>()
  private goneListener: (instance: string) => void = () => undefined

  constructor(
    readonly id: string,
    private readonly all: readonly FakeInstance[],
  ) {
    // It stands for what these two use of an instance.
    const instances = this as unknown as Instances
    this.presence = new Presence(instances)
    this.live = new LiveAccounts(
      this.presence,
      instances,
      new Logger({ level: 'silent', format: 'json' }),
    )
    this.live.onModuleInit()
  }

  get others(): ReadonlySet<string> {
    return new Set(this.all.filter((each) => each !== this).map(({ id }) => id))
  }

  get isAlone(): boolean {
    return this.others.size === 0
  }

  on(kind: string, handler: Handler): void {
    this.handlers.set(kind, handler)
  }

  onGone(listener: (instance: string) => void): void {
    this.goneListener = listener
  }

  async toAll(message: Message): Promise<void> {
    for (const id of this.others) await this.toInstance(id, message)
  }

  toInstance(to: string, message: Message): Promise<boolean> {
    if (!this.isUp) return Promise.reject(new BusAwayError())
    this.sent.push(message)
    const bytes = JSON.stringify(messageSchema.parse(message))
    const target = this.all.find(({ id, hears }) => id === to && hears)
    target?.handlers.get(message.kind)?.(messageSchema.parse(JSON.parse(bytes)), this.id)
    return Promise.resolve(target !== undefined)
  }

  lose(instance: FakeInstance): void {
    this.goneListener(instance.id)
  }

  connect(accountId: number, isHidden = false): Present {
    const present = presentOf(accountId, isHidden)
    this.presence.join(present)
    return present
  }
}

let connections = 0

function presentOf(accountId: number, isHidden: boolean): Present {
  const id = nodeIdSchema.parse(`dpc-node-${String(++connections).padStart(32, '0')}`)
  const shortId = nodeIdSchema.parse(id.slice(0, 25))
  const node = { spkiSha256: id, nodeId: id, longId: id, shortId, isProven: true }
  return { accountId, isHidden, node }
}

function start(count: number): FakeInstance[] {
  const all: FakeInstance[] = []
  for (let index = 0; index < count; index++) all.push(new FakeInstance(`hub-${index}`, all))
  return all
}

function answer(n: number, ...accountIds: number[]): Message {
  return { kind: 'live_answer', n, part: 0, of: 1, accountIds }
}

async function liveAt({ live }: FakeInstance): Promise<[number[], boolean]> {
  const { accountIds, isComplete } = await live.everywhere()
  return [[...accountIds].sort((a, b) => a - b), isComplete]
}

describe('who is live everywhere', () => {
  beforeEach(() => {
    jest.useFakeTimers()
  })
  afterEach(() => {
    jest.useRealTimers()
  })

  it('is each account once, of this instance and of the others, but none whose nodes are hidden', async () => {
    const [one, two, three] = start(3) as [FakeInstance, FakeInstance, FakeInstance]
    for (const hub of [one, two, two]) hub.connect(1)
    two.connect(2)
    three.connect(3, true)
    three.connect(4, true)
    three.connect(4)

    expect(await liveAt(one)).toEqual([[1, 2, 4], true])
    expect(await liveAt(three)).toEqual([[1, 2, 4], true])
  })

  it('is known to an instance that is alone without a word', async () => {
    const [one] = start(1) as [FakeInstance]
    one.connect(1)
    expect(await liveAt(one)).toEqual([[1], true])
    expect(one.sent).toEqual([])
  })

  it('is asked once for all who want to know within two seconds; here it holds at once', async () => {
    const [one, two] = start(2) as [FakeInstance, FakeInstance]
    const there = two.connect(2)
    expect(await Promise.all([liveAt(one), liveAt(one)])).toEqual([
      [[2], true],
      [[2], true],
    ])
    const here = one.connect(1)
    two.presence.leave(there)
    expect(await liveAt(one)).toEqual([[1, 2], true])
    one.presence.leave(here)
    jest.advanceTimersByTime(1_999)
    expect(await liveAt(one)).toEqual([[2], true])
    expect(one.sent).toHaveLength(1)

    jest.advanceTimersByTime(1)
    expect(await liveAt(one)).toEqual([[], true])
    expect(one.sent).toHaveLength(2)
  })

  it('comes in parts from an instance with many', async () => {
    const [one, two] = start(2) as [FakeInstance, FakeInstance]
    for (let accountId = 1; accountId <= 4_001; accountId++) two.connect(accountId)

    const [accountIds, isComplete] = await liveAt(one)

    expect([accountIds.length, isComplete]).toEqual([4_001, true])
    expect(two.sent.map((message) => message.kind === 'live_answer' && message.part)).toEqual([
      0, 1, 2,
    ])
  })

  it('is not complete while an instance does not answer, and waits 300 ms for it, once', async () => {
    const [one, two, three] = start(3) as [FakeInstance, FakeInstance, FakeInstance]
    two.connect(2)
    three.connect(3)
    three.hears = false
    const first = liveAt(one)
    await jest.advanceTimersByTimeAsync(200)
    const second = liveAt(one)
    await jest.advanceTimersByTimeAsync(100)

    expect(await first).toEqual([[2], false])
    expect(await second).toEqual([[2], false])
    expect(await liveAt(one)).toEqual([[2], false])
  })

  it('is complete as soon as the one that did not answer has gone, or has answered late', async () => {
    const [one, two, three] = start(3) as [FakeInstance, FakeInstance, FakeInstance]
    one.connect(1)
    three.connect(3)
    for (const silent of [two, three]) silent.hears = false
    const asked = liveAt(one)
    one.lose(two)
    await jest.advanceTimersByTimeAsync(300)
    expect(await asked).toEqual([[1], false])

    await three.toInstance(one.id, answer(1, 3))

    expect(await liveAt(one)).toEqual([[1, 3], true])
  })

  it('is not made of an answer to an earlier question, nor of one that nobody was asked for', async () => {
    const [one, two] = start(2) as [FakeInstance, FakeInstance]
    two.hears = false
    const asked = liveAt(one)
    for (const n of [0, 2]) await two.toInstance(one.id, answer(n, 7))
    await jest.advanceTimersByTimeAsync(300)
    expect(await asked).toEqual([[], false])
  })

  it('is who is here, without a wait, while the carrier is away', async () => {
    const [one, two] = start(2) as [FakeInstance, FakeInstance]
    one.connect(1)
    two.connect(2)
    one.isUp = false
    expect(await liveAt(one)).toEqual([[1], false])

    one.isUp = true
    jest.advanceTimersByTime(2_000)
    expect(await liveAt(one)).toEqual([[1, 2], true])
  })
})
