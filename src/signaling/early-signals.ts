import type { NodeId } from '../identity/node-id.js'

/** An upgrade that is that far takes a moment; and its sender must have the answer within two seconds. */
const HELD_MS = 300
const MAX_HELD = 1_000

interface Held<Signal> {
  readonly signals: Signal[]
  readonly late: NodeJS.Timeout
}

/**
 * Signals for nodes that are connecting to this instance: the others have let go of them, and their
 * connections here are about to be made. Each gets them as soon as it is.
 */
export class EarlySignals<Signal> {
  private readonly held = new Map<NodeId, Held<Signal>>()
  private count = 0

  /** @param giveUp  is called for each of those whose node has not come in time */
  constructor(private readonly giveUp: (signal: Signal) => void) {}

  hold(node: NodeId, signal: Signal): void {
    if (this.count >= MAX_HELD) {
      this.giveUp(signal)
      return
    }
    let held = this.held.get(node)
    if (!held) {
      const late = setTimeout(() => this.take(node).forEach(this.giveUp), HELD_MS)
      held = { signals: [], late }
      this.held.set(node, held)
    }
    held.signals.push(signal)
    this.count++
  }

  /** In the order they came; they are held no longer. */
  take(node: NodeId): readonly Signal[] {
    const held = this.held.get(node)
    if (!held) return []
    clearTimeout(held.late)
    this.held.delete(node)
    this.count -= held.signals.length
    return held.signals
  }
}
