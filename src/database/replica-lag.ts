/** Positions that are kept: two seconds apart, some minutes. */
const MAX_MARKS = 100

/**
 * How far a replica is behind, told by positions in the primary's log and when they were seen there. The
 * replica's own word, the time of the last transaction it has, grows while a primary is idle and nothing is missing.
 */
export class ReplicaLag {
  private readonly marks: { readonly position: number; readonly at: number }[] = []

  /** The primary is there now. @param now  as of performance.now */
  mark(position: number, now: number): void {
    const last = this.marks.at(-1)
    if (last?.position === position) return
    // Restored from a backup: what was seen before is of another log.
    if (last && last.position > position) this.marks.length = 0
    this.marks.push({ position, at: now })
    if (this.marks.length > MAX_MARKS) this.marks.shift()
  }

  /** For how long the primary has had, at least, what one that is there has not. */
  msBehind(position: number, now: number): number {
    while (this.marks[0] && this.marks[0].position <= position) this.marks.shift()
    return this.marks[0] ? now - this.marks[0].at : 0
  }
}
