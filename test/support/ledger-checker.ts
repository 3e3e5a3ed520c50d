import type { Failed, Operation, Received } from './ledger.js'
import { Excuses, PATIENCE, type Patience } from './ledger-excuses.js'
import { type History, historyOf, type Signal } from './ledger-history.js'
import { assignNameless } from './ledger-nameless.js'

/** Ways in which a hub can break its promise (CONTRACT §3), each in words. */
export type Breach =
  | 'lost: neither received nor reported'
  | 'received twice'
  | 'received out of order'
  | 'received changed'
  | 'received and never sent'
  | 'reported twice'
  | 'received and reported'
  | 'reported without cause'
  | 'acknowledged and not received'
  | 'acknowledged twice'
  | 'received and not acknowledged'
  | 'answered too late'
  | 'called offline while connected'
  | 'numbers of a connection skip or repeat'

/** What the ledger shows. */
export interface Verdict {
  readonly signals: number
  /** Received once, and neither reported nor anything else. */
  readonly delivered: number
  /** Not received, and reported by one error; by code. */
  readonly reported: Readonly<Record<string, number>>
  /** Handed, or maybe, to a connection that died before it read it. */
  readonly toTheDead: number
  /** Its sender's connection ended before it could be told. */
  readonly senderGone: number
  /** Received and reported, by `relay_failed`, during a fault: nobody could know. */
  readonly indeterminate: number
  /** Neither received nor reported during a fault: allowed nowhere else, and wanted nowhere. */
  readonly silentInFaults: number
  readonly acked: number
  /** Answers that came again because a client resumed. */
  readonly repeated: number
  readonly longestAnswerMs: number
  readonly breaches: ReadonlyMap<Breach, readonly string[]>
}

/** Decides what became of each signal. Pure: the same operations give the same verdict. */
export function judge(operations: readonly Operation[], patience = PATIENCE): Verdict {
  return new Judge(historyOf(operations), patience).verdict()
}

type Fate = 'delivered' | 'toTheDead' | 'senderGone' | 'indeterminate' | 'silentInFaults'

class Judge {
  private readonly breaches = new Map<Breach, string[]>()
  private readonly fates: Record<Fate, number> = {
    delivered: 0,
    toTheDead: 0,
    senderGone: 0,
    indeterminate: 0,
    silentInFaults: 0,
  }
  private readonly reported: Record<string, number> = {}
  private readonly excuses: Excuses
  private acked = 0
  private repeated = 0
  private longestAnswerMs = 0

  constructor(
    private readonly history: History,
    private readonly patience: Patience,
  ) {
    this.excuses = new Excuses(history, patience)
  }

  verdict(): Verdict {
    const { signals, unknown } = this.history
    for (const operation of unknown) {
      this.breach('received and never sent', JSON.stringify(operation))
    }
    for (const error of assignNameless(this.history, this.excuses, this.patience.answerMs)) {
      this.judgeSurplus(error)
    }
    for (const signal of signals.values()) this.judgeSignal(signal)
    this.judgeOrder()
    this.judgeNumbers()
    return {
      signals: signals.size,
      ...this.fates,
      reported: this.reported,
      acked: this.acked,
      repeated: this.repeated,
      longestAnswerMs: Math.round(this.longestAnswerMs),
      breaches: this.breaches,
    }
  }

  private judgeSignal(signal: Signal): void {
    const { receipts } = signal
    const error = this.oneErrorOf(signal)
    const isAcked = this.isAcked(signal)
    if (receipts.length > 1) this.breach('received twice', describe(signal))
    if (receipts.some(({ isIntact }) => !isIntact)) {
      this.breach('received changed', describe(signal))
    }
    if (receipts.length > 0 && error) this.judgeBoth(signal, error)
    else if (receipts.length > 0) this.judgeDelivered(signal, isAcked)
    else if (error) this.judgeReported(signal, error, isAcked)
    else this.judgeSilent(signal, isAcked)
  }

  /** A client that resumes may be told again what its lost connection was told. */
  private oneErrorOf(signal: Signal): Failed | null {
    const [first, ...others] = signal.errors
    for (const other of others) {
      if (first?.code === other.code && this.resumesAnother(other.connection)) this.repeated++
      else this.breach('reported twice', describe(signal))
    }
    if (first) this.noteAnswer(signal, first.at)
    return first ?? null
  }

  private isAcked(signal: Signal): boolean {
    const [first, ...others] = signal.acks
    for (const other of others) {
      if (this.resumesAnother(other.connection)) this.repeated++
      else this.breach('acknowledged twice', describe(signal))
    }
    if (!first) return false
    this.acked++
    this.noteAnswer(signal, first.at)
    return true
  }

  private judgeBoth(signal: Signal, error: Failed): void {
    if (error.code === 'relay_failed' && this.excuses.metAFault(signal, error)) {
      this.fates.indeterminate++
    } else this.breach('received and reported', describe(signal))
  }

  private judgeDelivered(signal: Signal, isAcked: boolean): void {
    this.fates.delivered++
    const isOwed = signal.invoked.hasRef && !isAcked
    if (!isOwed || this.excuses.lostItsSender(signal) || this.excuses.metAFault(signal)) return
    this.breach('received and not acknowledged', describe(signal))
  }

  private judgeReported(signal: Signal, error: Failed, isAcked: boolean): void {
    this.reported[error.code] = (this.reported[error.code] ?? 0) + 1
    if (isAcked) this.breach('acknowledged and not received', describe(signal))
    if (
      error.code === 'target_offline' &&
      signal.invoked.hasRef &&
      this.excuses.wasThere(signal, error) &&
      !this.excuses.metAFault(signal, error)
    ) {
      this.breach('called offline while connected', describe(signal))
    }
  }

  private judgeSilent(signal: Signal, isAcked: boolean): void {
    if (this.excuses.wentToTheDead(signal)) this.fates.toTheDead++
    else if (isAcked) this.breach('acknowledged and not received', describe(signal))
    else if (this.excuses.lostItsSender(signal)) this.fates.senderGone++
    else if (this.excuses.metAFault(signal)) this.fates.silentInFaults++
    else this.breach('lost: neither received nor reported', describe(signal))
  }

  /** An error without a `ref` for which every signal it can be about was received. */
  private judgeSurplus(error: Failed): void {
    const met = this.history.faults.some(
      ({ at, until }) => at <= error.at && until >= error.at - this.patience.answerMs,
    )
    if (error.code === 'relay_failed' && met) {
      this.fates.indeterminate++
      this.fates.delivered--
    } else this.breach('reported without cause', JSON.stringify(error))
  }

  /** While both connections stay, what one sends the other comes in the order it was sent. */
  private judgeOrder(): void {
    const receipts = [...this.history.signals.values()].flatMap(({ invoked, receipts }) =>
      receipts.map((receipt) => ({
        receipt,
        pair: `${invoked.connection} > ${this.chapterOf(receipt)}`,
      })),
    )
    receipts.sort((a, b) => a.receipt.at - b.receipt.at)
    const last = new Map<string, number>()
    for (const { receipt, pair } of receipts) {
      const before = last.get(pair) ?? 0
      if (receipt.n < before) {
        this.breach('received out of order', `${receipt.n} after ${before} on ${pair}`)
      }
      last.set(pair, receipt.n)
    }
  }

  /** The hub numbers what it hands to a connection: a number left out is a frame left out. */
  private judgeNumbers(): void {
    const receipts = [...this.history.signals.values()].flatMap((signal) => signal.receipts)
    receipts.sort((a, b) => a.at - b.at)
    const last = new Map<string, number>()
    for (const receipt of receipts) {
      const { seq } = receipt
      if (seq === null) continue
      const chapter = this.chapterOf(receipt)
      const before = last.get(chapter) ?? (chapter.endsWith('resumed') ? seq - 1 : 0)
      if (seq !== before + 1) {
        const what = `${seq} after ${before} on ${chapter}`
        this.breach('numbers of a connection skip or repeat', what)
      }
      last.set(chapter, seq)
    }
  }

  private noteAnswer(signal: Signal, at: number): void {
    const took = at - signal.invoked.at
    // Of an error without a name it is not certain which signal it answers.
    if (signal.invoked.hasRef) this.longestAnswerMs = Math.max(this.longestAnswerMs, took)
    const isFromAgain = this.history.connections.get(signal.invoked.connection)?.successor !== null
    if (took > this.patience.answerMs && !isFromAgain) {
      this.breach('answered too late', describe(signal))
    }
  }

  private resumesAnother(connection: number): boolean {
    return this.history.connections.get(connection)?.resumed != null
  }

  /** A connection that resumes begins anew with the frames that it was promised. */
  private chapterOf({ connection, at }: Received): string {
    const resumed = this.history.connections.get(connection)?.resumed
    return resumed && at >= resumed.at ? `${connection} resumed` : `${connection}`
  }

  private breach(what: Breach, example: string): void {
    const examples = this.breaches.get(what)
    if (examples) examples.push(example)
    else this.breaches.set(what, [example])
  }
}

function describe({ invoked, receipts, acks, errors }: Signal): string {
  const { n, connection, target, at } = invoked
  const seen = [
    ...receipts.map((receipt) => `received by ${receipt.connection} +${since(receipt.at, at)}`),
    ...acks.map((ack) => `acknowledged +${since(ack.at, at)}`),
    ...errors.map((error) => `${error.code} +${since(error.at, at)}`),
  ]
  return `${n} from connection ${connection} to node ${target}: ${seen.join(', ') || 'nothing'}`
}

function since(at: number, start: number): string {
  return `${(at - start).toFixed(0)} ms`
}
