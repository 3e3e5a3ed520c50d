/** So far behind the highest a number may come: on masters of a cluster one overtakes the other. */
const WINDOW = 131_072

/** Which numbers of one sender have come: nothing that was recorded is heard twice. */
export class SeenNumbers {
  private highest = 0
  /** One bit for each of the last `WINDOW` numbers. */
  private readonly bits = new Uint8Array(WINDOW / 8)

  /** False: it has come before, or so long ago that nobody knows. */
  add(number: number): boolean {
    if (number <= this.highest - WINDOW) return false
    if (number > this.highest) this.moveTo(number)
    const at = number % WINDOW
    const bit = 1 << (at & 7)
    const byte = this.bits[at >> 3] ?? 0
    this.bits[at >> 3] = byte | bit
    return (byte & bit) === 0
  }

  private moveTo(number: number): void {
    if (number - this.highest >= WINDOW) this.bits.fill(0)
    else for (let next = this.highest + 1; next <= number; next++) this.clear(next % WINDOW)
    this.highest = number
  }

  private clear(at: number): void {
    this.bits[at >> 3] = (this.bits[at >> 3] ?? 0) & ~(1 << (at & 7))
  }
}
