import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

import { encode, type RawSocket } from '../raw-socket.js'
import { badFraming } from './bad-framing.js'
import { badMessage } from './bad-messages.js'
import { badStream } from './bad-streams.js'
import { Bystanders, connectNode } from './bystanders.js'
import { Chance } from './chance.js'
import { CampaignHub, type CampaignNode } from './hub.js'
import { type Campaign, expectThat, type Report, round } from './report.js'
import { Sampler } from './sampler.js'

const ATTACKERS = 40
const STREAMS_AT_ONCE = 60
/** Bad texts sent in one go; then the hub is asked whether it is still there. */
const AT_ONCE = 15
const ANSWER_MS = 10_000
/** How long a bad stream is left open if the hub does not end it. */
const PATIENCE_MS = 100
const MIB = 1_048_576
const MAX_DRIFT_MIB = 20
/** Of the whole: what is loaded late and compiled is there then. */
const WARM_UP_SHARE = 0.15

interface Sizes {
  readonly messages: number
  readonly streams: number
  readonly seed: number
  readonly rest: number
}

/** Everything that is no good, at once, and two nodes who must not notice. */
export const fuzz: Campaign<keyof Sizes> = {
  about: 'malformed frames and TCP streams: no exit, no memory kept, two bystanders lose nothing',
  sizes: {
    messages: { full: 1_000_000, small: 20_000, what: 'malformed frames' },
    streams: { full: 200_000, small: 2_000, what: 'raw TCP streams' },
    seed: { full: 0, small: 0, what: 'repeats a run; 0: another one each time' },
    rest: { full: 65, small: 3, what: 'seconds of rest before it is counted what is left' },
  },
  run: async ({ messages, streams, seed: wanted, rest }: Sizes): Promise<Report> => {
    const seed = wanted === 0 ? 1 + Math.floor(Math.random() * 1e9) : wanted
    process.stdout.write(`seed ${seed}\n`)
    await using hub = await CampaignHub.prepare(ATTACKERS + 2, {
      // Else the first sixty errors of each connection would be the last.
      RATE_LIMIT_ENABLED: 'false',
      ACCESS_TOKEN_EXPIRE_MINUTES: '1440',
    })
    const server = await hub.start()
    const sampler = new Sampler(server)
    const [one, other, ...attackers] = hub.nodes
    if (!one || !other) throw new Error('no nodes')
    const bystanders = await Bystanders.connect(hub, [one, other])

    const attack = new Attack(hub, attackers, seed)
    await attack.run(messages * WARM_UP_SHARE, streams * WARM_UP_SHARE)
    const before = await settledMemory(hub, rest)
    await attack.run(messages * (1 - WARM_UP_SHARE), streams * (1 - WARM_UP_SHARE))
    const after = await settledMemory(hub, rest)
    const drift = (after.rss - before.rss) / MIB
    const { relayed, faults } = await bystanders.end()

    const broken = [...faults, ...attack.faults]
    const errors = hub.logLines.filter((line) => /"level":(?:50|60)/.test(line))
    expectThat(server.isRunning, 'the hub ended', broken)
    expectThat(errors.length === 0, `the hub logged ${errors.length} errors: ${errors[0]}`, broken)
    expectThat(drift < MAX_DRIFT_MIB, `RSS grew by ${round(drift)} MiB`, broken)
    return {
      figures: {
        seed,
        'malformed frames': attack.frames,
        'of these, broken framing': attack.framings,
        'raw TCP streams': attack.streams,
        exits: server.isRunning ? 0 : 1,
        'errors in the log': errors.length,
        'RSS drift after warm-up, MiB': round(drift),
        'heap drift after warm-up, MiB': round((after.heapUsed - before.heapUsed) / MIB),
        'what they were answered': listed(attack.answers),
        'frames the bystanders exchanged': relayed,
        'faults they noticed': faults.length,
      },
      broken,
      samples: sampler.stop(),
    }
  },
}

/** What is kept for clients that come back, and counts of a minute, is gone by then if `rest` is long enough. */
async function settledMemory(hub: CampaignHub, rest: number) {
  await delay(rest * 1_000)
  return hub.running.memory()
}

class Attack {
  frames = 0
  framings = 0
  streams = 0
  readonly faults: string[] = []
  /** How often the hub answered with each error code, and closed with each close code. */
  readonly answers: Record<string, number> = {}
  private readonly chances: readonly Chance[]
  private readonly streamChances: readonly Chance[]

  constructor(
    private readonly hub: CampaignHub,
    private readonly nodes: readonly CampaignNode[],
    seed: number,
  ) {
    // Each has a sequence of its own, so that a seed repeats what each of them does.
    this.chances = nodes.map((_, at) => new Chance(seed + at))
    this.streamChances = Array.from(
      { length: STREAMS_AT_ONCE },
      (_, at) => new Chance(seed + 10_000 + at),
    )
  }

  /** Until so many more frames and streams have been sent. */
  async run(frames: number, streams: number): Promise<void> {
    const framesEnd = this.frames + frames
    const streamsEnd = this.streams + streams
    await Promise.all([
      ...this.nodes.map(async (node, at) => {
        while (this.frames < framesEnd && this.hub.running.isRunning) await this.visit(node, at)
      }),
      ...this.streamChances.map(async (chance) => {
        while (this.streams < streamsEnd && this.hub.running.isRunning) await this.stream(chance)
      }),
    ])
  }

  /** One connection: bad texts, which it survives, and then bytes that end it. */
  private async visit(node: CampaignNode, at: number): Promise<void> {
    const chance = this.chances[at]
    if (!chance) return
    let socket: RawSocket
    try {
      const query = chance.oneIn(2) ? '&v=2' : ''
      socket = await connectNode(this.hub, node, { query, from: chance.address() })
    } catch (error) {
      this.faults.push(`an attacker could not connect: ${String(error)}`)
      return
    }
    const closed = new Promise<string>((resolve) => (socket.onClose = resolve))
    void closed.then((reason) => this.count(reason))
    for (let rounds = chance.below(4); rounds > 0; rounds--) {
      const texts = Array.from({ length: AT_ONCE }, () =>
        badMessage(chance, () => this.someId(chance)),
      )
      this.frames += texts.length
      const outcome = await Promise.race([
        this.answer(socket, texts),
        closed,
        delay(ANSWER_MS, 'silence'),
      ])
      if (outcome !== 'answered') {
        this.faults.push(`${outcome} after ${JSON.stringify(texts)}`)
        socket.destroy()
        return
      }
    }
    this.frames++
    this.framings++
    const { bytes, isPlain } = badFraming(chance)
    // In one go with what came before it, or alone; whole, or torn somewhere.
    const before = chance.oneIn(2) ? encode(badMessage(chance, () => this.someId(chance))) : []
    const all = Buffer.concat([before, bytes].flat())
    const middle = chance.below(all.length)
    socket.write(all.subarray(0, middle))
    if (chance.oneIn(4)) await delay(1)
    socket.write(all.subarray(middle))
    if (chance.oneIn(4)) socket.reset()
    else if (chance.oneIn(3)) socket.end()
    else if (isPlain && (await Promise.race([closed, delay(ANSWER_MS)])) === undefined) {
      this.faults.push(`the hub went on after ${all.toString('hex').slice(0, 400)}`)
    }
    await Promise.race([closed, delay(PATIENCE_MS)])
    socket.destroy()
  }

  private someId(chance: Chance): string {
    return chance.oneIn(3) ? 'dpc-node-ffffffffffffffff' : chance.pick(this.nodes).id
  }

  private stream(chance: Chance): Promise<void> {
    this.streams++
    return new Promise((resolve) => {
      const from = chance.address()
      const socket = connect({ port: this.hub.port, host: '127.0.0.1', localAddress: from })
      const timer = setTimeout(() => socket.destroy(), PATIENCE_MS)
      socket.on('error', () => undefined)
      socket.on('data', () => undefined)
      socket.once('close', () => {
        clearTimeout(timer)
        resolve()
      })
      const bytes = badStream(chance)
      const middle = chance.below(bytes.length + 1)
      socket.write(bytes.subarray(0, middle))
      socket.write(bytes.subarray(middle))
      switch (chance.below(3)) {
        case 0:
          socket.end()
          break
        case 1:
          socket.once('connect', () => socket.resetAndDestroy())
          break
        default: // The hub hangs up, or nobody does for a while.
      }
    })
  }

  /** Resolves when the hub has read all of them: it answers in order. */
  private answer(socket: RawSocket, texts: readonly string[]): Promise<string> {
    const timestamp = `after-${Math.random()}`
    return new Promise((resolve) => {
      socket.onText = (payload) => {
        const text = payload.toString()
        const code = /^{"type":"error","code":"(\w+)"/.exec(text)?.[1]
        if (code !== undefined) this.count(code)
        if (text.includes(timestamp) && text.includes('"pong"')) resolve('answered')
      }
      const ping = JSON.stringify({ type: 'ping', timestamp })
      socket.write(Buffer.concat([...texts, ping].map((text) => encode(text))))
    })
  }

  private count(what: string): void {
    this.answers[what] = (this.answers[what] ?? 0) + 1
  }
}

function listed(counts: Readonly<Record<string, number>>): string {
  const sorted = Object.entries(counts).sort(([, one], [, other]) => other - one)
  return sorted.map(([what, count]) => `${what} ${count}`).join(', ')
}
