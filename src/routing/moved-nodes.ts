import type { NodeId } from '../identity/node-id.js'

/** Longer than it takes to leave a place. */
const REMEMBERED_MS = 5_000

/**
 * Nodes that another instance has lately claimed. While their places are being left here, what still
 * arrives for them is that instance's to answer.
 */
export class MovedNodes {
  /** When it was heard, the oldest first. */
  private readonly heardAt = new Map<NodeId, number>()

  add(node: NodeId): void {
    const now = performance.now()
    this.heardAt.delete(node)
    this.heardAt.set(node, now)
    for (const [oldest, at] of this.heardAt) {
      if (now - at < REMEMBERED_MS) return
      this.heardAt.delete(oldest)
    }
  }

  has(node: NodeId): boolean {
    const at = this.heardAt.get(node)
    return at !== undefined && performance.now() - at < REMEMBERED_MS
  }

  delete(node: NodeId): void {
    this.heardAt.delete(node)
  }
}
