/** The least that is asked for, so that the first few do not move what was kept again and again. */
const MIN_BYTES = 1_024

/** What an entry takes beside its text. */
export const ENTRY_BYTES = 100

/** Bytes that many may use together. */
export interface Budget {
  /** False: so many are not left. */
  take(bytes: number): boolean
  give(bytes: number): void
}

interface Kept<Label> {
  readonly label: Label
  /** Where it stands in the buffer; it never goes over the end of it. */
  at: number
  readonly length: number
}

/**
 * Texts with a label each, the oldest dropped first, in UTF-8 in one buffer that grows as it is needed. An allocation for
 * each text would cost several times as much, most of it when it is collected.
 */
export class TextRing<Label> {
  private buffer: Buffer | null = null
  private readonly kept: Kept<Label>[] = []
  /** Where the last one ends. */
  private end = 0

  constructor(
    private readonly maxBytes: number,
    private readonly budget: Budget,
    private readonly onDropped: (label: Label) => void,
  ) {}

  /** Bytes that are held, what stands beside the texts among them. */
  get size(): number {
    return this.capacity + ENTRY_BYTES * this.kept.length
  }

  get count(): number {
    return this.kept.length
  }

  get oldest(): Label | undefined {
    return this.kept[0]?.label
  }

  /** Drops as many as make room for it. False: it was not kept, and there is nothing else any more. */
  push(text: string, label: Label): boolean {
    const length = Buffer.byteLength(text)
    let at = this.placeFor(length)
    while (at === null || !this.budget.take(ENTRY_BYTES)) {
      if (at !== null || !this.grow(length)) {
        if (this.kept.length === 0) return false
        this.drop()
      }
      at = this.placeFor(length)
    }
    this.buffer?.write(text, at)
    this.kept.push({ label, at, length })
    this.end = at + length
    return true
  }

  /** The oldest goes. */
  drop(): void {
    const oldest = this.kept.shift()
    if (oldest) this.gone(oldest)
  }

  clear(): void {
    for (const each of this.kept.splice(0)) this.gone(each)
    this.fit()
  }

  /** Gives back what is not needed. */
  fit(): void {
    const used = this.used()
    const size = used === 0 ? 0 : sizeFor(used)
    if (4 * used > this.capacity || size >= this.capacity) return
    this.budget.give(this.capacity - size)
    this.moveTo(size)
  }

  /** The oldest first. */
  entries(): { readonly label: Label; readonly text: string }[] {
    return this.kept.map(({ label, at, length }) => ({
      label,
      text: this.buffer?.toString('utf8', at, at + length) ?? '',
    }))
  }

  /** Between the newest and the end of the buffer, or in front of the oldest; null: in neither. */
  private placeFor(length: number): number | null {
    const [oldest] = this.kept
    if (!oldest) return length <= this.capacity ? 0 : null
    if (this.end <= oldest.at) return oldest.at - this.end >= length ? this.end : null
    if (this.capacity - this.end >= length) return this.end
    return oldest.at >= length ? 0 : null
  }

  private grow(length: number): boolean {
    const { capacity, maxBytes } = this
    const size = Math.min(maxBytes, Math.max(2 * capacity, sizeFor(this.used() + length)))
    if (size <= capacity || !this.budget.take(size - capacity)) return false
    this.moveTo(size)
    return true
  }

  private moveTo(size: number): void {
    const next = size === 0 ? null : Buffer.allocUnsafeSlow(size)
    let end = 0
    for (const each of this.kept) {
      if (next) this.buffer?.copy(next, end, each.at, each.at + each.length)
      each.at = end
      end += each.length
    }
    this.buffer = next
    this.end = end
  }

  private gone({ label }: Kept<Label>): void {
    this.budget.give(ENTRY_BYTES)
    this.onDropped(label)
  }

  private get capacity(): number {
    return this.buffer?.length ?? 0
  }

  private used(): number {
    return this.kept.reduce((sum, { length }) => sum + length, 0)
  }
}

function sizeFor(bytes: number): number {
  return Math.max(MIN_BYTES, 2 ** Math.ceil(Math.log2(bytes)))
}
