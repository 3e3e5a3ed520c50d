/** Frames and characters of one connection that are kept at most. */
const MAX_FRAMES = 256
const MAX_CHARACTERS = 262_144
/** Longer than a dead peer goes unnoticed (30 s) and may take to come back (30 s). */
const KEPT_MS = 60_000

interface Sent {
  /** A signal's number; of an answer, the number of the last signal before it. */
  readonly seq: number
  /** A signal without `seq` and last brace, or a whole answer. */
  readonly text: string
  readonly isSignal: boolean
  readonly at: number
}

/** What was handed to a connection and may not have reached its client: frames in their order. */
export interface Missed {
  readonly text: string
  readonly isSignal: boolean
}

/**
 * What one `v=2` connection was lately sent, in memory only, so that its client can have it again
 * after a short drop. Empty, and a few bytes, while nobody signals the node.
 */
export class SentFrames {
  private seq = 0
  /** The number before the oldest signal that is still kept. */
  private forgotten = 0
  private characters = 0
  private kept: Sent[] | null = null

  /** @param connectionId what the client names when it comes back */
  constructor(readonly connectionId: string) {}

  get nextSeq(): number {
    return this.seq + 1
  }

  /** Characters that are held. */
  get size(): number {
    return this.characters
  }

  /** From here on numbers follow `seq`, if that is further. */
  continueAfter(seq: number): void {
    if (seq <= this.seq) return
    this.seq = seq
    this.forgotten = Math.max(this.forgotten, seq)
  }

  /** A signal was handed over under `nextSeq`. @param now of `performance.now()` */
  keepSignal(open: string, now: number): void {
    this.seq++
    this.keep({ seq: this.seq, text: open, isSignal: true, at: now })
  }

  /** An answer with a `ref`: the client waits for it. */
  keepAnswer(text: string, now: number): void {
    this.keep({ seq: this.seq, text, isSignal: false, at: now })
  }

  /**
   * What came after the signal numbered `lastSeq`, or null if not all of it is kept. Answers that
   * may have come just before it are in it too: a second `ack` for one `ref` says nothing new.
   */
  after(lastSeq: number): readonly Missed[] | null {
    if (lastSeq < this.forgotten || lastSeq > this.seq) return null
    return (this.kept ?? []).filter(({ seq, isSignal }) =>
      isSignal ? seq > lastSeq : seq >= lastSeq,
    )
  }

  /** Forgets what is too old to be asked for. */
  trim(now: number): void {
    const kept = this.kept
    if (!kept) return
    let old = 0
    while (old < kept.length && now - (kept[old]?.at ?? now) > KEPT_MS) old++
    this.forget(old)
  }

  private keep(sent: Sent): void {
    this.kept ??= []
    this.kept.push(sent)
    this.characters += sent.text.length
    let over = 0
    let characters = this.characters
    while (this.kept.length - over > MAX_FRAMES || characters > MAX_CHARACTERS) {
      characters -= this.kept[over]?.text.length ?? 0
      over++
    }
    this.forget(over)
  }

  private forget(count: number): void {
    if (count === 0 || !this.kept) return
    for (const { seq, text, isSignal } of this.kept.splice(0, count)) {
      this.characters -= text.length
      if (isSignal) this.forgotten = seq
    }
    if (this.kept.length === 0) this.kept = null
  }
}
