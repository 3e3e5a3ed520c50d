import type { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

import type { Direction, WireFaults } from './wire-faults.js'

/** Bytes a pipe takes before it stops reading: beyond, the kernels' buffers fill, as on a real wire. */
const MAX_HELD_BYTES = 1_048_576

/** What the pipes of one proxy share. */
export interface WireHost {
  readonly faults: WireFaults
  /** Resolves when the faults have changed. */
  changed(): Promise<void>
  /** A chunk has gone on, whole. */
  carried(): void
}

/** What both directions of one connection have carried. */
export interface Carried {
  bytes: number
}

/** One direction of one connection: takes bytes at one end and gives them out as the faults say. */
export class WirePipe {
  private heldBytes = 0
  private lastDueAt = 0
  private isBroken = false
  private done = Promise.resolve()

  constructor(
    private readonly from: Socket,
    private readonly to: Socket,
    private readonly direction: Direction,
    private readonly host: WireHost,
    private readonly total: Carried,
  ) {
    from.on('data', (chunk) => this.take(chunk))
    from.on('error', () => (this.isBroken = true))
    from.on('close', () => {
      this.done = this.done.then(() => this.end())
    })
  }

  /** Reads, unless the wire holds its bytes back or it has enough of them. */
  update(): void {
    if (this.host.faults.holds(this.direction) || this.heldBytes > MAX_HELD_BYTES) this.from.pause()
    else this.from.resume()
  }

  private take(chunk: Buffer): void {
    this.heldBytes += chunk.length
    this.lastDueAt = Math.max(this.lastDueAt, performance.now() + this.host.faults.nextLatencyMs())
    const dueAt = this.lastDueAt
    this.done = this.done.then(() => this.carry(chunk, dueAt))
    this.update()
  }

  private async carry(chunk: Buffer, dueAt: number): Promise<void> {
    const { faults } = this.host
    const wait = dueAt - performance.now()
    if (wait > 0) await delay(wait)
    for (const [at, piece] of faults.piecesOf(chunk).entries()) {
      if (at > 0 && faults.pieceDelayMs > 0) await delay(faults.pieceDelayMs)
      while (faults.holds(this.direction)) await this.host.changed()
      await this.write(piece)
    }
    this.heldBytes -= chunk.length
    this.update()
    if (!this.to.destroyed) this.host.carried()
  }

  private async write(piece: Buffer): Promise<void> {
    const { limitBytes, bytesPerSecond } = this.host.faults
    const left = limitBytes === null ? piece.length : limitBytes - this.total.bytes
    const allowed = piece.subarray(0, Math.max(0, left))
    this.total.bytes += allowed.length
    if (bytesPerSecond !== null) await delay((allowed.length / bytesPerSecond) * 1_000)
    if (this.to.destroyed) return
    if (!this.to.write(allowed)) await drained(this.to)
    if (allowed.length < piece.length) this.from.destroy()
  }

  /** The end of one side reaches the other as it was: a reset as a reset. */
  private async end(): Promise<void> {
    const { closeDelayMs } = this.host.faults
    if (closeDelayMs > 0) await delay(closeDelayMs)
    if (this.isBroken) this.to.resetAndDestroy()
    else this.to.destroySoon()
  }
}

/** Resolves when the socket takes more, or is gone. */
function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      socket.off('drain', done)
      socket.off('close', done)
      resolve()
    }
    socket.on('drain', done)
    socket.on('close', done)
  })
}
