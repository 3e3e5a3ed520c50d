import { setTimeout as delay } from 'node:timers/promises'

import type { Fleet } from './fleet.js'
import { judge, type Verdict } from './ledger-checker.js'
import { Ledger } from './ledger.js'
import { Talker } from './talker.js'

/** Between two signals of one node. */
const PACE_MS = 10
/** Between two looks at whether those who were parted reach each other again. */
const POLL_MS = 50
/** They will never reach each other again. */
const GIVE_UP_MS = 60_000
/** Longer than the hub takes to report a signal. */
const ANSWERED_MS = 10_000

/**
 * Two nodes at each instance, and two across each border between instances, which signal each other
 * all the time: what a fault between instances may do to the latter it must not to the former.
 */
export class Pairs {
  readonly local = new Ledger()
  readonly across = new Ledger()
  /** Connections that ended though nobody had touched them, by the code of their close. */
  readonly dropped: number[] = []

  private readonly localPairs: [Talker, Talker][] = []
  private readonly acrossPairs: [Talker, Talker][] = []

  private constructor(private readonly fleet: Fleet) {}

  /** Takes four nodes of the fleet for each of its instances. */
  static async connect(fleet: Fleet): Promise<Pairs> {
    const pairs = new Pairs(fleet)
    const { doors } = fleet
    for (const [here, door] of doors.entries()) {
      const elsewhere = doors[(here + 1) % doors.length]!
      pairs.localPairs.push(await pairs.pair(pairs.local, 4 * here, [door, door]))
      pairs.acrossPairs.push(await pairs.pair(pairs.across, 4 * here + 2, [door, elsewhere]))
    }
    return pairs
  }

  /** Lets all pairs talk while `work` is done, and until the last signal is answered. */
  async during(work: () => Promise<void>): Promise<void> {
    let isOver = false
    const talk = async ([one, other]: [Talker, Talker]): Promise<void> => {
      while (!isOver) {
        if (one.isConnected) one.send(other)
        if (other.isConnected) other.send(one)
        await delay(PACE_MS)
      }
    }
    const talking = [...this.localPairs, ...this.acrossPairs].map(talk)
    try {
      await work()
    } finally {
      isOver = true
      await Promise.all(talking)
      await this.answered()
    }
  }

  /**
   * Resolves when all pairs across reach each other, both ways; with the milliseconds it took.
   *
   * @throws Error when they do not within a minute
   */
  async reunited(): Promise<number> {
    const since = performance.now()
    for (;;) {
      const answers = await Promise.all(
        this.acrossPairs.flatMap(([one, other]) => [one.ask(other), other.ask(one)]),
      )
      const took = performance.now() - since
      if (answers.every((answer) => answer === 'ack')) return took
      if (took > GIVE_UP_MS) throw new Error(`after a minute: ${answers.join(', ')}`)
      await delay(POLL_MS)
    }
  }

  /** Closes all connections. @returns what became of the signals at one instance, and between two */
  async end(): Promise<{ readonly local: Verdict; readonly across: Verdict }> {
    for (const talker of this.talkers) {
      talker.onEnd = () => undefined
      await talker.leave()
    }
    return { local: judge(this.local.operations), across: judge(this.across.operations) }
  }

  private get talkers(): Talker[] {
    return [...this.localPairs, ...this.acrossPairs].flat()
  }

  private async pair(
    ledger: Ledger,
    first: number,
    doors: readonly [string, string],
  ): Promise<[Talker, Talker]> {
    const pair = doors.map((_, at) => {
      const node = this.fleet.nodes[first + at]!
      const kind = { isModern: first % 8 < 4, usesRefs: true }
      const talker = new Talker(first + at, node, kind, ledger, (id) => this.indexOf(id))
      talker.onEnd = (code) => this.dropped.push(code)
      return talker
    }) as [Talker, Talker]
    for (const [at, talker] of pair.entries()) {
      if (!(await talker.connect(doors[at]!))) throw new Error('a node was refused')
    }
    return pair
  }

  private indexOf(id: string): number {
    return this.fleet.nodes.findIndex((node) => node.id === id)
  }

  private async answered(): Promise<void> {
    const since = performance.now()
    while (!(this.local.isSettled && this.across.isSettled)) {
      if (performance.now() - since > ANSWERED_MS) return
      await delay(POLL_MS)
    }
  }
}
