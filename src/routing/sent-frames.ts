import { type Budget, TextRing } from './text-ring.js'

/** Frames and bytes of one connection that are kept at most. */
const MAX_FRAMES = 256
const MAX_BYTES = 262_144
/** Longer than a dead peer goes unnoticed (30 s) and may take to come back (30 s). */
const KEPT_MS = 60_000

interface Sent {
  /** A signal's number; of an answer, the number of the last signal before it. */
  readonly seq: number
  readonly isSignal: boolean
  readonly at: number
}

/** What was handed to a connection and may not have reached its client: frames in their order. */
export interface Missed {
  readonly text: string
  readonly isSignal: boolean
}

/** Bytes that all connections of an instance may keep together, those that have ended included. */
export class SentBudget implements Budget {
  private used = 0

  constructor(private readonly maxBytes: number) {}

  get bytes(): number {
    return this.used
  }

  take(bytes: number): boolean {
    if (this.used + bytes > this.maxBytes) return false
    this.used += bytes
    return true
  }

  give(bytes: number): void {
    this.used -= bytes
  }
}

/**
 * What one `v=2` connection was lately sent, in memory only, so that its client can have it again
 * after a short drop. Empty, and a few bytes, while nobody signals the node.
 */
export class SentFrames {
  private seq = 0
  /** The number of the newest signal that is not kept any more; 0: none. */
  private forgotten = 0
  /** Signals without `seq` and last brace, and whole answers. Null while there are none. */
  private kept: TextRing<Sent> | null = null
  private isOver = false

  /** @param connectionId what the client names when it comes back */
  constructor(
    readonly connectionId: string,
    private readonly budget: SentBudget,
  ) {}

  get nextSeq(): number {
    return this.seq + 1
  }

  /** Bytes that are held. */
  get size(): number {
    return this.kept?.size ?? 0
  }

  /** From here on numbers follow `seq`, if that is further. */
  continueAfter(seq: number): void {
    this.seq = Math.max(this.seq, seq)
  }

  /** A signal was handed over under `nextSeq`. @param now of `performance.now()` */
  keepSignal(open: string, now: number): void {
    this.seq++
    this.keep(open, true, now)
  }

  /** An answer with a `ref`: the client waits for it. */
  keepAnswer(text: string, now: number): void {
    this.keep(text, false, now)
  }

  /**
   * What came after the signal numbered `lastSeq`, or null if not all signals of it are kept. Answers
   * that may have come just before it are in it too: a second `ack` for one `ref` says nothing new.
   */
  after(lastSeq: number): readonly Missed[] | null {
    if (lastSeq < this.forgotten || lastSeq > this.seq) return null
    return (this.kept?.entries() ?? [])
      .filter(({ label: { seq, isSignal } }) => (isSignal ? seq > lastSeq : seq >= lastSeq))
      .map(({ label: { isSignal }, text }) => ({ text, isSignal }))
  }

  /** Forgets what is too old to be asked for. */
  trim(now: number): void {
    const { kept } = this
    if (!kept) return
    while (kept.oldest && now - kept.oldest.at > KEPT_MS) kept.drop()
    kept.fit()
    if (kept.count === 0) this.kept = null
  }

  /** Nobody can come back for it: what is still answered is not kept. */
  clear(): void {
    this.isOver = true
    this.drop()
  }

  private drop(): void {
    this.kept?.clear()
    this.kept = null
  }

  private keep(text: string, isSignal: boolean, at: number): void {
    if (this.isOver) {
      if (isSignal) this.forgotten = this.seq
      return
    }
    this.kept ??= new TextRing(MAX_BYTES, this.budget, (sent) => {
      if (sent.isSignal) this.forgotten = sent.seq
    })
    if (this.kept.count >= MAX_FRAMES) this.kept.drop()
    if (this.kept.push(text, { seq: this.seq, isSignal, at })) return
    this.drop()
    // Without the newest signal nothing before it is of use.
    if (isSignal) this.forgotten = this.seq
  }
}
