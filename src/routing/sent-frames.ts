/** Frames and bytes of one connection that are kept at most. */
const MAX_FRAMES = 256
const MAX_BYTES = 262_144
/** Longer than a dead peer goes unnoticed (30 s) and may take to come back (30 s). */
const KEPT_MS = 60_000

interface Sent {
  /** A signal's number; of an answer, the number of the last signal before it. */
  readonly seq: number
  /**
   * A signal without `seq` and last brace, or a whole answer; in UTF-8. A copy: the string is made of
   * pieces of what the sender wrote, and would hold all of that.
   */
  readonly bytes: Buffer
  readonly isSignal: boolean
  readonly at: number
}

/** What was handed to a connection and may not have reached its client: frames in their order. */
export interface Missed {
  readonly text: string
  readonly isSignal: boolean
}

/** Bytes that all connections of an instance may keep together, those that have ended included. */
export class SentBudget {
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
  private bytes = 0
  private kept: Sent[] | null = null

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
    return this.bytes
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
    return (this.kept ?? [])
      .filter(({ seq, isSignal }) => (isSignal ? seq > lastSeq : seq >= lastSeq))
      .map(({ bytes, isSignal }) => ({ text: bytes.toString(), isSignal }))
  }

  /** Forgets what is too old to be asked for. */
  trim(now: number): void {
    const kept = this.kept
    if (!kept) return
    let old = 0
    while (old < kept.length && now - (kept[old]?.at ?? now) > KEPT_MS) old++
    this.forget(old)
  }

  /** Nobody can come back for it. */
  clear(): void {
    this.forget(this.kept?.length ?? 0)
  }

  private keep(text: string, isSignal: boolean, at: number): void {
    const bytes = flatCopy(text)
    this.kept ??= []
    let over = 0
    let held = this.bytes + bytes.length
    while (this.kept.length - over >= MAX_FRAMES || (held > MAX_BYTES && over < this.kept.length)) {
      held -= this.kept[over]?.bytes.length ?? 0
      over++
    }
    this.forget(over)
    if (held > MAX_BYTES || !this.budget.take(bytes.length)) {
      if (isSignal) this.lose()
      return
    }
    this.kept ??= []
    this.kept.push({ seq: this.seq, bytes, isSignal, at })
    this.bytes += bytes.length
  }

  /** The newest signal cannot be kept: then nothing before it is of use. */
  private lose(): void {
    this.clear()
    this.forgotten = this.seq
  }

  private forget(count: number): void {
    if (count === 0 || !this.kept) return
    let freed = 0
    for (const { seq, bytes, isSignal } of this.kept.splice(0, count)) {
      freed += bytes.length
      if (isSignal) this.forgotten = seq
    }
    this.bytes -= freed
    this.budget.give(freed)
    if (this.kept.length === 0) this.kept = null
  }
}

/** In memory of its own: a slice of Node's pool would hold 8 KiB for each. */
function flatCopy(text: string): Buffer {
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(text))
  bytes.write(text)
  return bytes
}
