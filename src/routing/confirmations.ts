import { Injectable, type OnModuleInit } from '@nestjs/common'

import { Logger } from '../common/logger.js'
import { BusAwayError } from '../instances/bus.js'
import { Instances } from '../instances/instances.js'
import type { Delivery } from './connection.js'

/** Answers to one instance that go in one message. */
const MAX_GATHERED = 200
const GATHER_MS = 4
/** How long an answer is of use: its sender waits two seconds. */
const USEFUL_MS = 2_000

interface Answers {
  readonly since: number
  readonly done: number[]
  readonly refused: { readonly n: number; readonly outcome: 'offline' | 'slow' }[]
}

/**
 * Tells other instances what became of the signals that they forwarded here, many at a time. What could
 * not be told because the carrier was away is told when it is back, while it is of use.
 */
@Injectable()
export class Confirmations implements OnModuleInit {
  /** By instance. */
  private readonly gathered = new Map<string, Answers>()
  private untold: { readonly to: string; readonly answers: Answers }[] = []
  private timer: NodeJS.Timeout | null = null

  constructor(
    private readonly instances: Instances,
    private readonly logger: Logger,
  ) {}

  onModuleInit(): void {
    this.instances.onUp(() => this.tellAgain())
  }

  /** @param n the sender's number of the signal */
  add(to: string, n: number, outcome: Delivery): void {
    let answers = this.gathered.get(to)
    if (!answers) {
      answers = { since: performance.now(), done: [], refused: [] }
      this.gathered.set(to, answers)
    }
    if (outcome === 'delivered') answers.done.push(n)
    else answers.refused.push({ n, outcome })
    if (answers.done.length + answers.refused.length >= MAX_GATHERED) this.flush()
    else this.timer ??= setTimeout(() => this.flush(), GATHER_MS)
  }

  flush(): void {
    if (this.timer) clearTimeout(this.timer)
    this.timer = null
    for (const [to, answers] of this.gathered) this.tell(to, answers)
    this.gathered.clear()
  }

  private tell(to: string, answers: Answers): void {
    const { done, refused } = answers
    this.instances.toInstance(to, { kind: 'handled', done, refused }).catch((error: unknown) => {
      if (error instanceof BusAwayError) this.untold.push({ to, answers })
      else this.logger.error(error)
    })
  }

  private tellAgain(): void {
    const now = performance.now()
    const untold = this.untold.filter(({ answers }) => now - answers.since < USEFUL_MS)
    this.untold = []
    for (const { to, answers } of untold) this.tell(to, answers)
  }
}
