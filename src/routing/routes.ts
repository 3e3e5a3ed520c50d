import type { NodeId } from '../identity/node-id.js'

const MAX_KNOWN = 20_000
/** An instance that was sent something and has said nothing for so long is not sent to directly any more. */
const SILENT_MS = 300

interface Route {
  readonly instance: string
  /** Of the last signal that was sent to the node. */
  n: number
}

/**
 * Which instance has lately answered for a node. Signals go there directly, many in one message, instead of
 * each to the node's place; an instance that has the node no longer passes them on.
 */
export class Routes {
  private readonly routes = new Map<NodeId, Route>()
  /** When an instance was sent something that it has not answered: the oldest of it. */
  private readonly waitingSince = new Map<string, number>()

  /**
   * An instance has handed over the signal `n`. It is not gone to directly while a later one goes by way of
   * another, which it would overtake.
   */
  learn(node: NodeId, instance: string, n: number): void {
    const known = this.routes.get(node)
    if (known?.instance === instance || (known && n < known.n)) return
    if (this.routes.size >= MAX_KNOWN) this.routes.clear()
    this.routes.set(node, { instance, n })
  }

  /** The signal `n` was not handed over. The way stays while a later one goes it, which another would overtake. */
  forget(node: NodeId, n: number): void {
    if (n >= (this.routes.get(node)?.n ?? 0)) this.routes.delete(node)
  }

  /**
   * Where the next signal, of number `n`, is to go. Null: not known, or nothing was heard of it.
   *
   * @param now of `performance.now()`
   */
  next(node: NodeId, n: number, now: number): string | null {
    const route = this.routes.get(node)
    if (!route) return null
    route.n = n
    const since = this.waitingSince.get(route.instance)
    return since !== undefined && now - since > SILENT_MS ? null : route.instance
  }

  sentTo(instance: string, now: number): void {
    if (!this.waitingSince.has(instance)) this.waitingSince.set(instance, now)
  }

  /** It has answered, or is gone. */
  heardFrom(instance: string): void {
    this.waitingSince.delete(instance)
  }
}
