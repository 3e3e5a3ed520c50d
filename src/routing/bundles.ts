import type { MessageOf } from '../instances/messages.js'

type Signal = Omit<MessageOf<'signals'>['signals'][number], 'bytes'>

/** Of one message. */
const MAX_SIGNALS = 200
const MAX_CHARACTERS = 262_144

/** Signals, and the text of the payload of each. */
export interface Bundle {
  readonly signals: MessageOf<'signals'>['signals']
  readonly payloads: string[]
}

interface Open extends Bundle {
  characters: number
}

/** Signals for other instances that go together: those of one turn of the event loop, in their order. */
export class Bundles {
  private readonly open = new Map<string, Open>()
  private isDue = false

  constructor(private readonly send: (instance: string, bundle: Bundle) => void) {}

  add(instance: string, signal: Signal, payloadText: string): void {
    let bundle = this.open.get(instance)
    if (!bundle) {
      bundle = { signals: [], payloads: [], characters: 0 }
      this.open.set(instance, bundle)
    }
    bundle.signals.push({ ...signal, bytes: Buffer.byteLength(payloadText) })
    bundle.payloads.push(payloadText)
    bundle.characters += payloadText.length
    if (bundle.signals.length >= MAX_SIGNALS || bundle.characters >= MAX_CHARACTERS) {
      this.flush()
    } else if (!this.isDue) {
      this.isDue = true
      setImmediate(() => {
        this.isDue = false
        this.flush()
      })
    }
  }

  /** What is gathered goes now, before anything else. */
  flush(): void {
    if (this.open.size === 0) return
    const open = [...this.open]
    this.open.clear()
    for (const [instance, bundle] of open) this.send(instance, bundle)
  }
}
