import { Injectable, type OnModuleInit } from '@nestjs/common'

import { Instances } from '../instances/instances.js'
import type { Delivery } from './connection.js'
import { RecentOutcomes } from './recent-outcomes.js'

/** Answers to one instance that go in one message. */
const MAX_GATHERED = 200
const GATHER_MS = 4

interface Answers {
  readonly done: number[]
  readonly refused: { readonly n: number; readonly outcome: 'offline' | 'slow' }[]
}

/**
 * Tells other instances what became of the signals that they forwarded here, many at a time; and again
 * when they ask, because the carrier was away.
 */
@Injectable()
export class Confirmations implements OnModuleInit {
  /** By instance, as `gathered`. */
  private readonly recent = new Map<string, RecentOutcomes>()
  private readonly gathered = new Map<string, Answers>()
  private timer: NodeJS.Timeout | null = null

  constructor(private readonly instances: Instances) {}

  onModuleInit(): void {
    this.instances.onGone((instance) => this.recent.delete(instance))
    this.instances.on('unanswered', ({ numbers }, from) => {
      const recent = this.recent.get(from)
      for (const n of numbers) {
        const outcome = recent?.get(n)
        if (outcome) this.gather(from, n, outcome)
      }
    })
  }

  /** @param n the sender's number of the signal */
  add(to: string, n: number, outcome: Delivery): void {
    let recent = this.recent.get(to)
    if (!recent) {
      recent = new RecentOutcomes()
      this.recent.set(to, recent)
    }
    recent.add(n, outcome, performance.now())
    this.gather(to, n, outcome)
  }

  private gather(to: string, n: number, outcome: Delivery): void {
    let answers = this.gathered.get(to)
    if (!answers) {
      answers = { done: [], refused: [] }
      this.gathered.set(to, answers)
    }
    if (outcome === 'delivered') answers.done.push(n)
    else answers.refused.push({ n, outcome })
    if (answers.done.length + answers.refused.length >= MAX_GATHERED) this.flush()
    else this.timer ??= setTimeout(() => this.flush(), GATHER_MS)
  }

  private flush(): void {
    if (this.timer) clearTimeout(this.timer)
    this.timer = null
    for (const [to, answers] of this.gathered)
      this.instances.tell(to, { kind: 'handled', ...answers })
    this.gathered.clear()
  }
}
