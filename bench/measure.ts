import { setTimeout as delay } from 'node:timers/promises'

import { connectAll, type Node, type Pair, pairUp, relay } from './load.js'
import type { Signal } from './payloads.js'
import type { ServerProcess } from './server-process.js'
import type { System } from './systems.js'

/** One figure of one system in one round. */
export interface Measurement {
  readonly what: string
  readonly unit: string
  readonly system: string
  readonly value: number
}

interface Running {
  readonly name: string
  readonly server: ServerProcess
  readonly pairs: readonly Pair[]
}

type Payloads = Readonly<Record<string, (target: string) => Signal>>

/** Sockets that come and go before the idle ones are counted: what is loaded late is there then. */
const FIRST_SOCKETS = 200
const SETTLE_MS = 500

/**
 * Server CPU per relayed frame. All servers stay up, one is loaded at a time, in turns: what the
 * machine does meanwhile hits them all.
 */
export async function measureRelay(
  systems: readonly System[],
  nodes: readonly Node[],
  payloads: Payloads,
  { rounds, seconds }: { rounds: number; seconds: number },
): Promise<Measurement[]> {
  const running: Running[] = []
  try {
    for (const system of systems) running.push(await connectPairs(system, nodes))
    const measurements: Measurement[] = []
    // Round 0 is for the compilers.
    for (let round = 0; round <= rounds; round++) {
      for (const [kind, signalTo] of Object.entries(payloads)) {
        for (const { name, server, pairs } of inTurns(running, round)) {
          const before = await server.cpu()
          const frames = await relay(pairs, signalTo, seconds)
          const microseconds = (await server.cpu()) - before
          if (round === 0) continue
          const of = { what: `${kind}, CPU per frame`, unit: 'µs', system: name }
          measurements.push({ ...of, value: microseconds / frames })
        }
      }
    }
    return measurements
  } finally {
    for (const each of running) await hangUp(each)
  }
}

async function connectPairs(system: System, nodes: readonly Node[]): Promise<Running> {
  const server = await system.start()
  const sockets = await connectAll(system.door(server), nodes)
  return { name: system.name, server, pairs: pairUp(nodes, sockets) }
}

async function hangUp({ server, pairs }: Running): Promise<void> {
  for (const { from, to } of pairs) {
    from.destroy()
    to.destroy()
  }
  await server[Symbol.asyncDispose]()
}

/** Memory per idle socket and CPU per connect, on a fresh process each time. */
export async function measureIdle(
  systems: readonly System[],
  nodes: readonly Node[],
  rounds: number,
): Promise<Measurement[]> {
  const measurements: Measurement[] = []
  for (let round = 1; round <= rounds; round++) {
    for (const system of inTurns(systems, round)) {
      const { bytes, microseconds } = await idleOnce(system, nodes)
      const of = { system: system.name }
      measurements.push(
        { ...of, what: 'memory per idle socket', unit: 'kB', value: bytes / 1_000 },
        { ...of, what: 'CPU per connect', unit: 'µs', value: microseconds },
      )
    }
  }
  return measurements
}

async function idleOnce(
  system: System,
  nodes: readonly Node[],
): Promise<{ bytes: number; microseconds: number }> {
  await using server = await system.start()
  const door = system.door(server)
  for (const socket of await connectAll(door, nodes.slice(0, FIRST_SOCKETS))) socket.destroy()
  await delay(SETTLE_MS)

  const memoryBefore = (await server.memory()).rss
  const cpuBefore = await server.cpu()
  const sockets = await connectAll(door, nodes)
  const microseconds = (await server.cpu()) - cpuBefore
  await delay(SETTLE_MS)
  const bytes = (await server.memory()).rss - memoryBefore
  for (const socket of sockets) socket.destroy()
  return { bytes: bytes / nodes.length, microseconds: microseconds / nodes.length }
}

/** Whoever went first in one round goes last in the next. */
function inTurns<Item>(items: readonly Item[], round: number): Item[] {
  return round % 2 === 0 ? [...items] : [...items].reverse()
}
