import type { Dialect, Signal } from './dialect.js'
import { type Kind, payloads } from './payloads.js'
import { encode, type RawSocket } from './raw-socket.js'

/** One kind of signal of a pair. */
interface Line {
  readonly signal: Signal
  /** As it is sent: encoded once. */
  readonly frame: Buffer
  /** Bytes of what arrives, once the first has been looked at key by key. */
  length: number | null
}

/** One node calling another. */
export class Pair {
  private readonly lines = new Map<Kind, Line>()

  constructor(
    private readonly dialect: Dialect,
    private readonly ids: { readonly from: string; readonly to: string },
    private readonly from: RawSocket,
    private readonly to: RawSocket,
  ) {}

  send(kind: Kind): void {
    this.from.write(this.lineOf(kind).frame)
  }

  /**
   * From now on signals of this kind are expected. Each is checked: the first key by key, the
   * others by their length.
   */
  listen(kind: Kind, arrived: () => void, fail: (error: Error) => void): void {
    const line = this.lineOf(kind)
    const refuse = (what: string): void => fail(new Error(`relay: ${what}`))
    this.from.onClose = this.to.onClose = refuse
    this.from.onText = (payload) => refuse(`the caller got ${payload.toString()}`)
    this.to.onText = (payload) => {
      const length = this.dialect.lengthOf(payload)
      if (line.length === null && this.dialect.isRelayed(payload.toString(), line.signal)) {
        line.length = length
      }
      if (length === line.length) arrived()
      else refuse(`arrived as ${payload.toString()}`)
    }
  }

  destroy(): void {
    this.from.destroy()
    this.to.destroy()
  }

  private lineOf(kind: Kind): Line {
    let line = this.lines.get(kind)
    if (!line) {
      const signal = { ...this.ids, kind, payload: payloads[kind] }
      line = { signal, frame: encode(this.dialect.write(signal)), length: null }
      this.lines.set(kind, line)
    }
    return line
  }
}
