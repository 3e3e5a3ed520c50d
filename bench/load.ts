import { setTimeout as delay } from 'node:timers/promises'

import type { Signal } from './payloads.js'
import { encode, RawSocket } from './raw-socket.js'

/** Upgrades under way at once. */
const CONCURRENCY = 32
/** A frame that has not arrived by then is lost. */
const LOST_MS = 5_000

/** How a node reaches the system under test. */
export interface Door {
  readonly port: number
  path(node: Node): string
  /** The system greets a node with a frame once it may send. */
  readonly greets: boolean
}

export interface Node {
  readonly id: string
  readonly token: string
}

/** One node calling another. */
export interface Pair {
  readonly caller: Node
  readonly callee: Node
  readonly from: RawSocket
  readonly to: RawSocket
}

/** Opens a socket for each node, in their order, and resolves when all may send. */
export async function connectAll(door: Door, nodes: readonly Node[]): Promise<RawSocket[]> {
  const sockets: RawSocket[] = []
  const waiting = nodes.entries()
  const worker = async (): Promise<void> => {
    for (const [at, node] of waiting) sockets[at] = await connectOne(door, node)
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, worker))
  return sockets
}

async function connectOne(door: Door, node: Node): Promise<RawSocket> {
  const socket = await RawSocket.open(door.port, door.path(node))
  if (!door.greets) return socket
  return new Promise((resolve, reject) => {
    socket.onClose = (reason) => reject(new Error(`a node was turned away: ${reason}`))
    socket.onText = (payload) => {
      const { type } = JSON.parse(payload.toString())
      if (type === 'auth_ok') resolve(socket)
      else reject(new Error(`expected auth_ok, got ${payload.toString()}`))
    }
  })
}

/** Sockets two by two: the even ones call the odd ones. */
export function pairUp(nodes: readonly Node[], sockets: readonly RawSocket[]): Pair[] {
  return Array.from({ length: Math.floor(nodes.length / 2) }, (_, at) => ({
    caller: nodes[2 * at]!,
    callee: nodes[2 * at + 1]!,
    from: sockets[2 * at]!,
    to: sockets[2 * at + 1]!,
  }))
}

/**
 * Relays signals from all callers to their callees for `seconds`, one in flight per pair, and
 * resolves with the number of frames relayed. Each frame that arrives is checked: the first of a
 * pair key by key, the others by their length.
 *
 * @throws Error when a frame is lost, changed or answered with anything else
 */
export async function relay(
  pairs: readonly Pair[],
  signalTo: (target: string) => Signal,
  seconds: number,
): Promise<number> {
  let frames = 0
  let isOver = false
  const running = pairs.map(
    (pair) =>
      new Promise<void>((resolve, reject) => {
        const signal = signalTo(pair.callee.id)
        const frame = encode(JSON.stringify(signal))
        let length = 0
        const fail = (what: string): void => reject(new Error(`relay: ${what}`))
        pair.from.onClose = pair.to.onClose = fail
        pair.from.onText = (payload) => fail(`the caller got ${payload.toString()}`)
        pair.to.onText = (payload) => {
          if (length === 0) {
            if (!isRelayed(payload, signal, pair.caller.id))
              fail(`arrived as ${payload.toString()}`)
            length = payload.length
          }
          if (payload.length !== length) fail(`arrived as ${payload.toString()}`)
          frames++
          if (isOver) resolve()
          else pair.from.write(frame)
        }
        pair.from.write(frame)
      }),
  )
  const all = Promise.all(running)
  await Promise.race([all, delay(seconds * 1_000)])
  isOver = true
  await Promise.race([all, refuseAfter(LOST_MS)])
  return frames
}

function isRelayed(payload: Buffer, sent: Signal, sender: string): boolean {
  const { sender_node_id: from, ...rest } = JSON.parse(payload.toString())
  const keys: (keyof Signal)[] = ['type', 'target_node_id', 'payload']
  return (
    from === sender &&
    Object.keys(rest).length === keys.length &&
    keys.every((key) => JSON.stringify(rest[key]) === JSON.stringify(sent[key]))
  )
}

async function refuseAfter(milliseconds: number): Promise<never> {
  await delay(milliseconds, undefined, { ref: false })
  throw new Error('relay: a frame never arrived')
}
