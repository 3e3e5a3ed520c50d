import { connectPairs, relay } from './load.js'
import { inTurns, type Measurement } from './measure.js'
import type { Pair } from './pair.js'
import type { Kind } from './payloads.js'
import type { Servers } from './servers.js'
import type { Node, System } from './systems.js'

const KINDS: readonly Kind[] = ['offer', 'candidate']

export interface RelayOptions {
  readonly rounds: number
  /** Of one turn. */
  readonly seconds: number
}

/** A system with its nodes connected. */
export class Relaying implements AsyncDisposable {
  private constructor(
    readonly name: string,
    private readonly servers: Servers,
    private readonly pairs: readonly Pair[],
  ) {}

  static async start(system: System, nodes: readonly Node[]): Promise<Relaying> {
    const servers = await system.start()
    return new Relaying(system.name, servers, await connectPairs(system, servers, nodes))
  }

  /** Microseconds of the servers' CPU for each frame. */
  async cpuPerFrame(kind: Kind, seconds: number, inFlight?: number): Promise<number> {
    const before = await this.servers.cpu()
    try {
      const frames = await relay(this.pairs, kind, seconds, inFlight)
      return ((await this.servers.cpu()) - before) / frames
    } catch (cause) {
      throw new Error(`${this.name} did not relay every ${kind}`, { cause })
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const pair of this.pairs) pair.destroy()
    await this.servers[Symbol.asyncDispose]()
  }
}

/**
 * Server CPU per relayed frame. All servers stay up, one is loaded at a time, in turns: what the
 * machine does meanwhile hits them all.
 */
export async function measureRelay(
  systems: readonly System[],
  nodes: readonly Node[],
  { rounds, seconds }: RelayOptions,
): Promise<Measurement[]> {
  const running: Relaying[] = []
  try {
    for (const system of systems) running.push(await Relaying.start(system, nodes))
    const measurements: Measurement[] = []
    // Round 0 is for the compilers.
    for (let round = 0; round <= rounds; round++) {
      for (const kind of KINDS) {
        for (const each of inTurns(running, round)) {
          const value = await each.cpuPerFrame(kind, seconds)
          const what = `${kind}, CPU per frame`
          if (round > 0) measurements.push({ what, unit: 'µs', system: each.name, round, value })
        }
      }
    }
    return measurements
  } finally {
    for (const each of running) await each[Symbol.asyncDispose]()
  }
}

/** Frames in flight at once, however many sockets there are. */
const CURVE_IN_FLIGHT = 50

/**
 * What a frame costs when `size` sockets are open and take turns, against `fewest` of them in
 * another process, in neighbouring turns. 1 is as it should be: nothing grows with the sockets.
 */
export async function measureCurve(
  system: System,
  nodes: readonly Node[],
  fewest: number,
  size: number,
  { rounds, seconds }: RelayOptions,
): Promise<Measurement[]> {
  await using few = await Relaying.start(system, nodes.slice(0, fewest))
  await using many = await Relaying.start(system, nodes.slice(0, size))
  const measurements: Measurement[] = []
  for (let round = 0; round <= rounds; round++) {
    for (const kind of KINDS) {
      const cpu = new Map<Relaying, number>()
      for (const each of inTurns([few, many], round)) {
        cpu.set(each, await each.cpuPerFrame(kind, seconds, CURVE_IN_FLIGHT))
      }
      const value = (cpu.get(many) ?? 0) / (cpu.get(few) ?? 0)
      const what = `${kind} at ${size} sockets / at ${fewest}`
      if (round > 0) measurements.push({ what, unit: '×', system: system.name, round, value })
    }
  }
  return measurements
}
