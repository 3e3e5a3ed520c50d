import { setTimeout as delay } from 'node:timers/promises'

import type { Ledger } from './ledger.js'
import type { Death, TalkerKind, TalkerNode } from './talker-line.js'
import { Talker } from './talker.js'

/** All kinds of clients there are. */
const KINDS: readonly TalkerKind[] = [
  { isModern: false, usesRefs: false },
  { isModern: true, usesRefs: true },
  { isModern: true, usesRefs: false },
  { isModern: false, usesRefs: true },
]
/** Signals a node sends before it waits for what becomes of them. */
const WINDOW = 10
/** Not for ever: what went to a connection that died comes nowhere. */
const WINDOW_MS = 500
/** A hub that needs so long for a ping has too little machine: what it forwards may be too late. */
const STALL_MS = 400
/** What was sent then is reported so much later at most. */
const STALL_MEND_MS = 3_000
/** Nodes that one node talks to; few, so that the order within a pair is tried hard. */
const PARTNERS = 8
/** A node is away so long, at most, before it comes back. */
const AWAY_MS = 1_000
/** Between two tries to connect, and between two looks at whether all is quiet. */
const POLL_MS = 50
/** Nothing came for so long, with answers outstanding: nothing will. Longer than an answer takes. */
const QUIET_MS = 4_000

/** What one node has on its way. */
class Flow {
  open = 0
  private onEmpty: () => void = () => undefined

  settle(): void {
    this.open--
    if (this.open <= 0) this.onEmpty()
  }

  /** Resolves when nothing is on its way, or a while has passed: then what is late counts no more. */
  async empty(): Promise<void> {
    if (this.open > 0) {
      await new Promise<void>((resolve) => {
        const late = setTimeout(resolve, WINDOW_MS)
        this.onEmpty = () => {
          clearTimeout(late)
          resolve()
        }
      })
    }
    this.open = 0
  }
}

export interface Load {
  readonly signals: number
  readonly killsPerSecond: number
  /** A share of the nodes stays away for the whole run: what is sent to them is refused. */
  readonly absent?: number
  readonly deaths?: readonly Death[]
  /** Signals that all nodes together send a second at most. */
  readonly perSecond?: number
}

/** Many nodes that signal each other through the instances of one hub, and die and come back. */
export class Crowd {
  readonly talkers: readonly Talker[]
  private readonly random: () => number
  private doors: readonly string[]
  private isOver = false
  private left = 0
  private startedAt = 0
  private readonly coming = new Set<Talker>()
  /** Whose signal is on its way, by number. */
  private readonly senders = new Map<number, Flow>()
  /** Periods in which a hub answered late, those that touch put together. */
  private readonly stalls: { from: number; to: number }[] = []

  /** @param doors where the instances take sockets @param seed of all that is random */
  constructor(
    nodes: readonly TalkerNode[],
    private readonly ledger: Ledger,
    doors: readonly string[],
    seed: number,
  ) {
    const indexes = new Map(nodes.map(({ id }, index) => [id, index]))
    const indexOf = (id: string): number | null => indexes.get(id) ?? null
    this.random = randomFrom(seed)
    this.doors = doors
    this.talkers = nodes.map((node, index) => {
      const kind = KINDS[index % KINDS.length]!
      const talker = new Talker(index, node, kind, ledger, indexOf)
      talker.onReceipt = (n) => {
        this.senders.get(n)?.settle()
        this.senders.delete(n)
      }
      talker.onEnd = () => void this.bringBack(talker, talker.reconnectAfterMs)
      return talker
    })
  }

  /** Sends all signals of `load`, while nodes die and come back, and waits until all is quiet. */
  async run(load: Load): Promise<void> {
    const { absent = 0 } = load
    const present = this.talkers.slice(Math.floor(this.talkers.length * absent))
    await Promise.all(present.map((talker) => this.bringBack(talker, 0)))
    this.left = load.signals
    this.startedAt = performance.now()
    const killing = this.kill(present, load)
    await Promise.all(present.map((talker) => this.talk(talker, load)))
    this.isOver = true
    await killing
    await this.quiet()
    for (const { from, to } of this.stalls) this.ledger.noteFault('a busy machine', from, to)
    await Promise.all(this.talkers.map((talker) => talker.leave()))
  }

  /** Frames that no client of its kind knows. */
  get unexpected(): string[] {
    return this.talkers.flatMap(({ unexpected }) => unexpected)
  }

  get stalledMs(): number {
    return this.stalls.reduce((sum, { from, to }) => sum + to - from, 0)
  }

  get resumptions(): number {
    return this.talkers.reduce((sum, { resumptions }) => sum + resumptions, 0)
  }

  private async talk(talker: Talker, { perSecond, signals }: Load): Promise<void> {
    const partners = Array.from({ length: PARTNERS }, () => this.pick(this.talkers))
    const flow = new Flow()
    talker.onFailure = () => flow.settle()
    while (this.left > 0) {
      const isAhead =
        perSecond !== undefined &&
        signals - this.left > ((performance.now() - this.startedAt) / 1_000) * perSecond
      if (isAhead || !talker.isConnected) {
        await delay(POLL_MS)
        continue
      }
      const count = Math.min(WINDOW, this.left)
      this.left -= count
      flow.open = count
      for (let sent = 0; sent < count; sent++) {
        const target = this.random() < 0.9 ? this.pick(partners) : this.pick(this.talkers)
        this.senders.set(talker.send(target), flow)
      }
      const pingedAt = this.ledger.now
      await talker.settled()
      if (this.ledger.now - pingedAt > STALL_MS) this.noteStall(pingedAt)
      await flow.empty()
    }
  }

  private noteStall(from: number): void {
    const to = this.ledger.now + STALL_MEND_MS
    const last = this.stalls.at(-1)
    if (!last || last.to < from) this.stalls.push({ from, to })
    else {
      last.from = Math.min(last.from, from)
      last.to = to
    }
  }

  private async kill(present: readonly Talker[], load: Load): Promise<void> {
    const { killsPerSecond, deaths = ['vanish', 'reset', 'goodbye', 'hang'] } = load
    if (killsPerSecond === 0) return
    while (this.left > 0) {
      await delay((2 * this.random() * 1_000) / killsPerSecond)
      const talker = this.pick(present)
      if (this.coming.has(talker)) continue
      // One of five connects a second time while the first connection still lives.
      if (this.random() < 0.2) void this.bringBack(talker, 0, true)
      else {
        talker.die(this.pick(deaths))
        void this.bringBack(talker, this.random() * AWAY_MS)
      }
    }
  }

  /** Connects to some instance that takes it. */
  private async bringBack(talker: Talker, afterMs: number, isAgain = false): Promise<void> {
    if (this.coming.has(talker)) return
    this.coming.add(talker)
    if (afterMs > 0) await delay(afterMs)
    let isTaken = talker.isConnected && !isAgain
    while (!isTaken && !this.isOver) {
      isTaken = await talker.connect(this.pick(this.doors))
      if (!isTaken) await delay(POLL_MS)
    }
    this.coming.delete(talker)
  }

  /** Resolves when every signal has been received or reported, or nothing comes any more. */
  private async quiet(): Promise<void> {
    let [seen, since] = [-1, 0]
    while (this.coming.size > 0 || !this.ledger.isSettled) {
      const { length } = this.ledger.operations
      if (length !== seen) [seen, since] = [length, performance.now()]
      else if (this.coming.size === 0 && performance.now() - since > QUIET_MS) return
      await delay(POLL_MS)
    }
  }

  private pick<Item>(items: readonly Item[]): Item {
    return items[Math.floor(this.random() * items.length)]!
  }
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
