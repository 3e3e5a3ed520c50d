import { setTimeout as delay } from 'node:timers/promises'

import { Pair } from './pair.js'
import type { Kind } from './payloads.js'
import { RawSocket } from './raw-socket.js'
import type { Node, System } from './systems.js'

/** Upgrades under way at once, unless told. */
const CONCURRENCY = 32
/** A frame that has not arrived by then is lost. */
const LOST_MS = 5_000

/** Opens a socket for each node, in their order, and resolves when all may send. */
export async function connectAll(
  system: System,
  port: number,
  nodes: readonly Node[],
  concurrency = CONCURRENCY,
): Promise<RawSocket[]> {
  const sockets: RawSocket[] = []
  const waiting = nodes.entries()
  const worker = async (): Promise<void> => {
    for (const [at, node] of waiting) {
      const socket = await RawSocket.open(port, system.path(node))
      await system.enter(socket)
      sockets[at] = socket
    }
  }
  await Promise.all(Array.from({ length: concurrency }, worker))
  return sockets
}

/** Half of the nodes call the other half, whose sockets are opened at the last process. */
export async function connectPairs(
  system: System,
  ports: { readonly first: number; readonly last: number },
  nodes: readonly Node[],
): Promise<Pair[]> {
  const callers = nodes.filter((_, at) => at % 2 === 0)
  const callees = nodes.filter((_, at) => at % 2 === 1)
  const from = await connectAll(system, ports.first, callers)
  const to = await connectAll(system, ports.last, callees)
  return callees.map((callee, at) => {
    const ids = { from: callers[at]!.id, to: callee.id }
    return new Pair(system.dialect, ids, from[at]!, to[at]!)
  })
}

/**
 * Relays signals for `seconds`, `inFlight` at once, and resolves with how many were relayed. Pairs
 * take turns, so that none has more than one in flight.
 *
 * @throws Error when a frame is lost, changed or answered with anything else
 */
export async function relay(
  pairs: readonly Pair[],
  kind: Kind,
  seconds: number,
  inFlight = pairs.length,
): Promise<number> {
  let frames = 0
  let isOver = false
  const running = Array.from(
    { length: Math.min(inFlight, pairs.length) },
    (_, worker) =>
      new Promise<void>((resolve, reject) => {
        const own = pairs.filter((_each, at) => at % inFlight === worker)
        let turn = 0
        const arrived = (): void => {
          frames++
          if (isOver) resolve()
          else own[turn++ % own.length]!.send(kind)
        }
        for (const pair of own) pair.listen(kind, arrived, reject)
        own[turn++ % own.length]!.send(kind)
      }),
  )
  const all = Promise.all(running)
  await Promise.race([all, delay(seconds * 1_000)])
  isOver = true
  await Promise.race([all, refuseAfter(LOST_MS)])
  return frames
}

async function refuseAfter(milliseconds: number): Promise<never> {
  await delay(milliseconds, undefined, { ref: false })
  throw new Error('relay: a frame never arrived')
}
