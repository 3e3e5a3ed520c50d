/** Which bytes a fault holds back: those on their way to the server, to the client, or all. */
export type Direction = 'to-server' | 'to-client'

/** What one moment's wire does to bytes: the settings of a FaultProxy, all off at first. */
export class WireFaults {
  /** `up`; `cut` refuses and resets; `frozen` accepts and says nothing. */
  wire: 'up' | 'cut' | 'frozen' = 'up'
  /** Null: both directions are frozen when the wire is. */
  frozenDirection: Direction | null = null
  latencyMs = 0
  /** Each chunk comes so much earlier or later; never before the one that it follows. */
  jitterMs = 0
  /** Of each direction of each connection; null: as many as the machine carries. */
  bytesPerSecond: number | null = null
  /** Bytes of the pieces that chunks are cut into; null: as they come. */
  pieceBytes: number | null = null
  /** Milliseconds between two pieces. */
  pieceDelayMs = 0
  /** Milliseconds that the end of one side needs to the other. */
  closeDelayMs = 0
  /** Bytes that each connection may still carry, both directions together, before it ends. */
  limitBytes: number | null = null

  /** True if bytes on their way there are to wait. */
  holds(direction: Direction): boolean {
    if (this.wire !== 'frozen') return false
    return this.frozenDirection === null || this.frozenDirection === direction
  }

  /** Milliseconds that the next chunk takes. */
  nextLatencyMs(): number {
    if (this.jitterMs === 0) return this.latencyMs
    return Math.max(0, this.latencyMs + (2 * Math.random() - 1) * this.jitterMs)
  }

  /** The chunk as it travels on: whole, or in pieces. */
  piecesOf(chunk: Buffer): Buffer[] {
    const size = this.pieceBytes
    if (size === null) return [chunk]
    const count = Math.ceil(chunk.length / size)
    return Array.from({ length: count }, (_, at) => chunk.subarray(at * size, (at + 1) * size))
  }
}
