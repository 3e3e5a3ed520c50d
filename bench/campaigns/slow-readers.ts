import { setTimeout as delay } from 'node:timers/promises'

import { encode, type RawSocket } from '../raw-socket.js'
import { connectNode } from './bystanders.js'
import { CampaignHub, type CampaignNode } from './hub.js'
import { type Campaign, expectThat, PATIENCE, percentile, type Report, round } from './report.js'
import { Sampler } from './sampler.js'

const MIB = 1_048_576
/** For each reader that never reads (TRUST C9). */
const MIB_A_READER = 0.5
const PING_P99_MS = 50
/** CONTRACT §3 */
const FRAMES_A_SECOND = 50
const PINGERS = 20
const PING_EVERY_MS = 100
const UPGRADES_AT_ONCE = 32
const SETTLE_MS = 2_000
const LAST_ANSWERS_MS = 3_000

interface Sizes {
  readonly readers: number
  readonly senders: number
  readonly seconds: number
  readonly bytes: number
  readonly patience: number
}

/** Many who never read, and some who go on sending to them. Everybody else must not notice. */
export const slowReaders: Campaign<keyof Sizes> = {
  about: 'readers that never read, senders at full rate: memory bounded, nobody else waits',
  sizes: {
    readers: { full: 500, small: 50, what: 'nodes that never read' },
    senders: { full: 50, small: 10, what: 'nodes that send to them as fast as they may' },
    seconds: { full: 60, small: 15, what: 'for so long, and until the readers are closed' },
    patience: PATIENCE,
    bytes: { full: 60_000, small: 60_000, what: 'of a signal' },
  },
  run: async ({ readers: readerCount, senders: senderCount, seconds, bytes, patience }: Sizes) => {
    await using hub = await CampaignHub.prepare(readerCount + senderCount + 2 * PINGERS, {
      ACCESS_TOKEN_EXPIRE_MINUTES: '1440',
      // Else sixty target_slow in a minute would end each sender's connection; it keeps to 50 frames a second itself.
      RATE_LIMIT_ENABLED: 'false',
    })
    const server = await hub.start()
    const readers = hub.nodes.slice(0, readerCount)
    const senders = hub.nodes.slice(readerCount, readerCount + senderCount)
    const others = hub.nodes.slice(readerCount + senderCount)

    const readerSockets = await connectAll(hub, readers)
    const senderSockets = await connectAll(hub, senders)
    const pingers = (await connectAll(hub, others)).map((socket) => new Pinger(socket))
    await delay(SETTLE_MS)
    const before = (await server.memory()).rss
    const calm = pingsOf(pingers)

    const sampler = new Sampler(server, 0.5)
    for (const socket of readerSockets) socket.pause()
    const flood = new Flood(senderSockets, readers, bytes)
    const openBefore = await openSockets(hub)
    const flooding = flood.begin()
    await delay(seconds * 1_000)
    const giveUpAt = performance.now() + seconds * (patience - 1) * 1_000
    while ((await openSockets(hub)) > openBefore - readerCount && performance.now() < giveUpAt) {
      await delay(SETTLE_MS)
    }
    await flooding.end()
    const pings = pingsOf(pingers)
    const samples = sampler.stop()
    await delay(LAST_ANSWERS_MS)
    const closed = openBefore - (await openSockets(hub))
    for (const pinger of pingers) pinger.end()

    const most = Math.max(...samples.map(({ rssMib }) => rssMib)) - before / MIB
    const { slow, offline, others: otherCodes, sent, answered } = flood
    const p99 = percentile(pings, 0.99)
    // On a machine that does much else they are late anyway.
    const calmP99 = percentile(calm, 0.99)
    const broken: string[] = []
    expectThat(
      most <= readerCount * MIB_A_READER * patience,
      `RSS grew by ${round(most)} MiB for ${readerCount} readers`,
      broken,
    )
    expectThat(
      p99 <= Math.max(PING_P99_MS, calmP99) * patience,
      `the ping p99 of others was ${round(p99)} ms`,
      broken,
    )
    expectThat(slow > 0, 'no sender was told target_slow', broken)
    expectThat(closed === readerCount, `${closed} of the readers were closed`, broken)
    expectThat(otherCodes === 0, `${otherCodes} other errors`, broken)
    return {
      figures: {
        readers: readerCount,
        senders: senderCount,
        'signals sent': sent,
        'answered target_slow': slow,
        'answered target_offline': offline,
        'answered anything else': otherCodes,
        'handed over': sent - answered,
        'readers closed': closed,
        'RSS before, MiB': round(before / MIB),
        'RSS grew by at most, MiB': round(most),
        'allowed, MiB': readerCount * MIB_A_READER,
        'ping p99 of others before, ms': round(calmP99),
        'ping p99 of others, ms': round(p99),
        'ping median of others, ms': round(percentile(pings, 0.5)),
      },
      broken,
      samples,
    } satisfies Report
  },
}

async function connectAll(hub: CampaignHub, nodes: readonly CampaignNode[]): Promise<RawSocket[]> {
  const sockets: RawSocket[] = []
  const waiting = nodes.entries()
  const worker = async (): Promise<void> => {
    for (const [at, node] of waiting) sockets[at] = await connectNode(hub, node)
  }
  await Promise.all(Array.from({ length: UPGRADES_AT_ONCE }, worker))
  return sockets
}

async function openSockets({ port }: CampaignHub): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${port}/health`)
  const health: { websocket_connections: number } = JSON.parse(await answer.text())
  return health.websocket_connections
}

function pingsOf(pingers: readonly Pinger[]): number[] {
  return pingers.flatMap((pinger) => pinger.times.splice(0))
}

/** Asks for a pong ten times a second, and notes how long each takes. */
class Pinger {
  readonly times: number[] = []
  private readonly timer: NodeJS.Timeout

  constructor(private readonly socket: RawSocket) {
    socket.onText = (payload) => {
      const { timestamp } = JSON.parse(payload.toString())
      this.times.push(performance.now() - timestamp)
    }
    this.timer = setInterval(() => {
      socket.write(encode(JSON.stringify({ type: 'ping', timestamp: performance.now() })))
    }, PING_EVERY_MS)
  }

  end(): void {
    clearInterval(this.timer)
    this.socket.destroy()
  }
}

/** Each sender sends to all targets in turn, as fast as the hub allows one connection. */
class Flood {
  sent = 0
  slow = 0
  offline = 0
  others = 0
  private turn = 0

  constructor(
    private readonly senders: readonly RawSocket[],
    targets: readonly CampaignNode[],
    bytes: number,
  ) {
    for (const sender of senders) {
      sender.onText = (payload) => {
        const { code } = JSON.parse(payload.toString())
        if (code === 'target_slow') this.slow++
        else if (code === 'target_offline') this.offline++
        else this.others++
      }
    }
    const payload = 'x'.repeat(bytes)
    this.frames = targets.map(({ id }) =>
      encode(JSON.stringify({ type: 'signal', target_node_id: id, payload })),
    )
  }

  private readonly frames: readonly Buffer[]

  get answered(): number {
    return this.slow + this.offline + this.others
  }

  /** Sends until it is ended. */
  begin(): { end(): Promise<void> } {
    let isOver = false
    const began = performance.now()
    const run = async (): Promise<void> => {
      let sentByEach = 0
      while (!isOver) {
        const due = ((performance.now() - began) / 1_000) * FRAMES_A_SECOND
        for (; sentByEach < due; sentByEach++) {
          for (const sender of this.senders) sender.write(this.next())
        }
        await delay(1)
      }
    }
    const running = run()
    return {
      end: () => {
        isOver = true
        return running
      },
    }
  }

  private next(): Buffer {
    const frame = this.frames[this.turn++ % this.frames.length]
    if (!frame) throw new Error('nobody to send to')
    this.sent++
    return frame
  }
}
