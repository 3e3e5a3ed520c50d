import { setTimeout as delay } from 'node:timers/promises'

import { connectAll } from './load.js'
import { inTurns, type Measurement } from './measure.js'
import type { Node, System } from './systems.js'

/** Sockets that come and go before the others are counted: what is loaded late is there then. */
const FIRST_SOCKETS = 200
const SETTLE_MS = 500

/** Memory per idle socket and CPU per connect, on a fresh process each time. */
export async function measureIdle(
  systems: readonly System[],
  nodes: readonly Node[],
  rounds: number,
): Promise<Measurement[]> {
  const measurements: Measurement[] = []
  for (let round = 1; round <= rounds; round++) {
    for (const system of inTurns(systems, round)) {
      const { bytes, microseconds } = await connectOnce(system, nodes)
      const of = { system: system.name, round }
      measurements.push(
        { ...of, what: 'memory per idle socket', unit: 'kB', value: bytes / 1_000 },
        { ...of, what: 'CPU per connect', unit: 'µs', value: microseconds },
      )
    }
  }
  return measurements
}

/** All nodes at once: what each costs, and when the last one is in. */
export async function measureStorm(
  systems: readonly System[],
  nodes: readonly Node[],
  rounds: number,
): Promise<Measurement[]> {
  const measurements: Measurement[] = []
  const those = `${nodes.length} at once`
  for (let round = 1; round <= rounds; round++) {
    for (const system of inTurns(systems, round)) {
      const { microseconds, milliseconds } = await connectOnce(system, nodes, nodes.length)
      const of = { system: system.name, round }
      measurements.push(
        { ...of, what: `CPU per connect, ${those}`, unit: 'µs', value: microseconds },
        { ...of, what: `all of ${those} in`, unit: 'ms', value: milliseconds },
      )
    }
  }
  return measurements
}

interface Connects {
  /** Of memory and of CPU, for each socket. */
  readonly bytes: number
  readonly microseconds: number
  /** For all. */
  readonly milliseconds: number
}

async function connectOnce(
  system: System,
  nodes: readonly Node[],
  concurrency?: number,
): Promise<Connects> {
  await using servers = await system.start()
  const first = await connectAll(system, servers.first, nodes.slice(0, FIRST_SOCKETS))
  for (const socket of first) socket.destroy()
  await delay(SETTLE_MS)

  const memoryBefore = (await servers.memory()).rss
  const cpuBefore = await servers.cpu()
  const began = performance.now()
  const sockets = await connectAll(system, servers.first, nodes, concurrency)
  const milliseconds = performance.now() - began
  const microseconds = (await servers.cpu()) - cpuBefore
  await delay(SETTLE_MS)
  const bytes = (await servers.memory()).rss - memoryBefore
  for (const socket of sockets) socket.destroy()
  return {
    bytes: bytes / nodes.length,
    microseconds: microseconds / nodes.length,
    milliseconds,
  }
}
