import { readdir } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'

import { encode, type RawSocket } from '../raw-socket.js'
import type { ServerProcess } from '../server-process.js'
import { Asker } from './asker.js'
import { connectNode } from './bystanders.js'
import { Chance } from './chance.js'
import { deaths, dieNameless, dieRevoked } from './deaths.js'
import { CampaignHub, type CampaignNode } from './hub.js'
import { type Campaign, expectThat, PATIENCE, type Report, round } from './report.js'
import { Sampler } from './sampler.js'

const MIB = 1_048_576
const MAX_GROWTH_MIB = 5
/** A dead peer is offline after one and a half ping intervals (CONTRACT §3, TRUST C4). */
const SILENT_INTERVALS = 1.5
/** Nodes that fall silent at once: each waits for the hub to notice. */
const SILENT_AT_ONCE = 2_000
/** Of those, how many are asked for again and again, so that it is known when they went offline. */
const WATCHED = 20
const ASK_EVERY_MS = 50
const WORKERS = 32
/** How long the hub may take to be back where it was. */
const BACK_MS = 20_000

interface Sizes {
  readonly cycles: number
  readonly ping: number
  readonly rest: number
  readonly patience: number
}

/** What a hub holds that must not become more. */
interface Holdings {
  readonly connections: number
  readonly handles: Readonly<Record<string, number>>
  readonly openFiles: number
  readonly databaseClients: number
}

/** Many connections that end in every way there is; nothing of them may stay. */
export const ghosts: Campaign<keyof Sizes> = {
  about: 'connections that end in nine manners of death leave nothing behind',
  sizes: {
    cycles: { full: 100_000, small: 1_000, what: 'connections' },
    ping: { full: 20, small: 2, what: 'WEBSOCKET_PING_SECONDS' },
    rest: { full: 65, small: 1, what: 'seconds of rest before it is counted what is left' },
    patience: PATIENCE,
  },
  run: async ({ cycles, ping, rest, patience }: Sizes): Promise<Report> => {
    const manners = Object.keys(deaths).length + 3
    // The last one asks whether the others are online.
    await using hub = await CampaignHub.prepare(Math.ceil(cycles / manners) + 1, {
      RATE_LIMIT_ENABLED: 'false',
      ACCESS_TOKEN_EXPIRE_MINUTES: '1440',
      WEBSOCKET_PING_SECONDS: String(ping),
    })
    const server = await hub.start()
    const nodes = hub.nodes.slice(0, -1)
    const [last] = hub.nodes.slice(-1)
    if (!last) throw new Error('no nodes')
    const asker = new Asker(await connectNode(hub, last, { query: '&v=2' }))
    const sampler = new Sampler(server)
    const crowd = new Crowd(hub, nodes, asker)

    // Each node once, and each manner of death: what the hub knows and compiles is there then.
    await crowd.each((node, chance) => crowd.live(node, chance, 'clean close'))
    await crowd.eachOf(nodes.slice(0, 50), (node, chance) => crowd.all(node, chance))
    await delay(rest * 1_000)
    const before = await holdings(hub, server)
    const heapBefore = (await server.memory()).heapUsed

    const began = performance.now()
    await crowd.each((node, chance) => crowd.all(node, chance))
    const silentMs = await crowd.fallSilent(ping * SILENT_INTERVALS * 1_000)
    await crowd.each((node) => dieRevoked(hub, node))
    const minutes = (performance.now() - began) / 60_000
    const online = await asker.countOnline(nodes.map(({ id }) => id))
    await delay(rest * 1_000)
    const after = await backTo(before, hub, server)
    const growth = ((await server.memory()).heapUsed - heapBefore) / MIB

    const slowest = Math.max(0, ...silentMs)
    const broken = [...crowd.faults, ...differences(before, after)]
    expectThat(online === 0, `${online} nodes looked online`, broken)
    expectThat(growth < MAX_GROWTH_MIB, `the heap grew by ${round(growth)} MiB`, broken)
    expectThat(
      slowest <= ping * SILENT_INTERVALS * 1_000 * patience + ASK_EVERY_MS,
      `a silent node was online for ${round(slowest)} ms`,
      broken,
    )
    return {
      figures: {
        connections: crowd.lived,
        'manners of death': manners,
        minutes: round(minutes),
        'nodes that look online': online,
        'connections left': after.connections - before.connections,
        'timers, sockets left': differences(before, after).length,
        'open files, before and after': `${before.openFiles}, ${after.openFiles}`,
        'database clients, before and after': `${before.databaseClients}, ${after.databaseClients}`,
        'heap growth, MiB': round(growth, 2),
        'silent nodes timed': silentMs.length,
        'silent until offline, s, at most': round(slowest / 1_000, 2),
        'promised, s': ping * SILENT_INTERVALS,
      },
      broken,
      samples: sampler.stop(),
    }
  },
}

/** Nodes that connect and die, each as it is told. */
class Crowd {
  lived = 0
  readonly faults: string[] = []

  constructor(
    private readonly hub: CampaignHub,
    private readonly nodes: readonly CampaignNode[],
    private readonly asker: Asker,
  ) {}

  each(live: (node: CampaignNode, chance: Chance) => Promise<void>): Promise<void> {
    return this.eachOf(this.nodes, live)
  }

  async eachOf(
    nodes: readonly CampaignNode[],
    live: (node: CampaignNode, chance: Chance) => Promise<void>,
  ): Promise<void> {
    const waiting = nodes.entries()
    const worker = async (): Promise<void> => {
      for (const [at, node] of waiting) {
        try {
          await live(node, new Chance(at))
          this.lived++
        } catch (error) {
          this.faults.push(String(error))
        }
      }
    }
    await Promise.all(Array.from({ length: WORKERS }, worker))
  }

  /** All deaths of a node but those that take long, in some order. */
  async all(node: CampaignNode, chance: Chance): Promise<void> {
    const manners = Object.keys(deaths)
    const first = chance.below(manners.length)
    for (let turn = 0; turn < manners.length; turn++) {
      await this.live(node, chance, manners[(first + turn) % manners.length] ?? '')
      this.lived++
    }
    await dieNameless(this.hub, node, chance)
  }

  /** One life, a busy one if its client is a modern one. */
  async live(node: CampaignNode, chance: Chance, manner: string): Promise<void> {
    const isModern = chance.oneIn(2)
    const query = isModern ? '&v=2' : ''
    const socket = await connectNode(this.hub, node, { query, from: chance.address() })
    if (isModern) {
      const watched = [chance.pick(this.nodes).id, chance.pick(this.nodes).id]
      socket.write(encode(JSON.stringify({ type: 'watch', node_ids: watched })))
      socket.write(encode('{"type":"join"}'))
    }
    if (chance.oneIn(2)) socket.write(signalTo(chance.pick(this.nodes).id))
    await deaths[manner]?.({ hub: this.hub, node, socket, chance })
  }

  /**
   * Each node connects and then says nothing more, not even pongs. Resolves with the milliseconds
   * after which those that were watched went offline.
   */
  async fallSilent(promisedMs: number): Promise<number[]> {
    const times: number[] = []
    for (let first = 0; first < this.nodes.length; first += SILENT_AT_ONCE) {
      const group = this.nodes.slice(first, first + SILENT_AT_ONCE)
      const sockets: RawSocket[] = []
      const watches: Promise<number>[] = []
      await this.eachOf(group, async (node, chance) => {
        const socket = await connectNode(this.hub, node, { from: chance.address() })
        sockets.push(socket)
        socket.write(encode('{"type":"ping"}'))
        socket.pause()
        if (sockets.length <= WATCHED) watches.push(this.untilOffline(node, promisedMs))
      })
      const lastOne = performance.now()
      times.push(...(await Promise.all(watches)))
      // One that was not watched may have come last.
      await delay(Math.max(0, lastOne + promisedMs + 2_000 - performance.now()))
      for (const socket of sockets) socket.destroy()
    }
    return times
  }

  private async untilOffline({ id }: CampaignNode, promisedMs: number): Promise<number> {
    const since = performance.now()
    await delay(promisedMs * 0.8)
    while (await this.asker.isOnline(id)) await delay(ASK_EVERY_MS)
    return performance.now() - since
  }
}

function signalTo(target: string): Buffer {
  return encode(JSON.stringify({ type: 'signal', target_node_id: target, payload: null }))
}

async function holdings(hub: CampaignHub, server: ServerProcess): Promise<Holdings> {
  const answer = await fetch(`http://127.0.0.1:${hub.port}/health`, {
    headers: { connection: 'close' },
  })
  const health: { websocket_connections: number } = JSON.parse(await answer.text())
  const [clients] = await hub.database.rows<{ count: number }>(
    `SELECT count(*)::int FROM pg_stat_activity WHERE backend_type = 'client backend'`,
  )
  const { handles } = await server.usage()
  const isLinux = process.platform === 'linux'
  return {
    connections: health.websocket_connections,
    handles,
    openFiles: isLinux ? (await readdir(`/proc/${server.pid}/fd`)).length : 0,
    databaseClients: clients?.count ?? 0,
  }
}

/** Looks until nothing is more than it was, or for so long. */
async function backTo(
  before: Holdings,
  hub: CampaignHub,
  server: ServerProcess,
): Promise<Holdings> {
  const giveUpAt = performance.now() + BACK_MS
  for (;;) {
    const now = await holdings(hub, server)
    if (differences(before, now).length === 0 || performance.now() > giveUpAt) return now
    await delay(500)
  }
}

/** What has become more. */
function differences(before: Holdings, after: Holdings): string[] {
  const flat = ({ handles, ...others }: Holdings): Record<string, number> => ({
    ...others,
    ...handles,
  })
  const [then, now] = [flat(before), flat(after)]
  return Object.entries(now)
    .filter(([what, count]) => count > (then[what] ?? 0))
    .map(([what, count]) => `${what}: ${then[what] ?? 0} before, ${count} after`)
}
