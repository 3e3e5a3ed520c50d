/** Of a command. Strings go as UTF-8. */
export type Argument = string | Buffer

/** A turn's commands at most times; more is taken when there is more. */
const USUAL_BYTES = 65_536

/**
 * Gathers the commands of one turn of the event loop in one piece of memory, which is used again and
 * again: a message is not copied twice, and nothing is left to collect.
 */
export class CommandWriter {
  private memory = Buffer.allocUnsafe(USUAL_BYTES)
  private used = 0

  get length(): number {
    return this.used
  }

  /** What was written since `clear`. */
  get bytes(): Buffer {
    return this.memory.subarray(0, this.used)
  }

  write(args: readonly Argument[]): void {
    let text = `*${args.length}\r\n`
    for (const arg of args) {
      if (typeof arg === 'string') {
        text += `$${Buffer.byteLength(arg)}\r\n${arg}\r\n`
      } else {
        this.writeText(`${text}$${arg.length}\r\n`)
        this.reserve(arg.length)
        this.used += arg.copy(this.memory, this.used)
        text = '\r\n'
      }
    }
    this.writeText(text)
  }

  /** @param isFree  nobody reads `bytes` any more */
  clear(isFree: boolean): void {
    if (!isFree || this.memory.length > USUAL_BYTES) this.memory = Buffer.allocUnsafe(USUAL_BYTES)
    this.used = 0
  }

  private writeText(text: string): void {
    // A character of UTF-16 becomes three bytes at most.
    this.reserve(3 * text.length)
    this.used += this.memory.write(text, this.used)
  }

  private reserve(bytes: number): void {
    const needed = this.used + bytes
    if (needed <= this.memory.length) return
    const memory = Buffer.allocUnsafe(Math.max(needed, 2 * this.memory.length))
    this.memory.copy(memory, 0, 0, this.used)
    this.memory = memory
  }
}
