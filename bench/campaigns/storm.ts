import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'

import { CampaignHub } from './hub.js'
import { LightClassic } from './light-classic.js'
import { type Campaign, expectThat, PATIENCE, percentile, type Report, round } from './report.js'

/** CONTRACT §4.3 */
const FIRST_SOCKET_WITHIN_MS = 5_000
const ALL_BACK_WITHIN_MS = 60_000
/** The last of their five attempts is 72 s after the first at most; nothing happens after that. */
const WATCH_MS = 100_000
/** Upgrades under way at once while the crowd logs in. */
const CONCURRENCY = 64
const PROBE_MS = 20
/** An access token that is refreshed at every attempt: less than a minute of it is ever left. */
const TOKEN_MINUTES = '1'

interface Sizes {
  readonly clients: number
  readonly spread: number
  readonly kills: number
  readonly patience: number
}

/** Kills the hub under a crowd of classic clients and watches them come back. */
export const storm: Campaign<keyof Sizes> = {
  about: 'the hub is killed under classic clients whose tokens have expired; all come back in 60 s',
  sizes: {
    clients: { full: 10_000, small: 300, what: 'classic clients' },
    spread: { full: 10, small: 3, what: 'seconds over which they look after their connections' },
    patience: PATIENCE,
    kills: { full: 1, small: 1, what: 'times the hub is killed' },
  },
  run: async ({ clients: count, spread, kills, patience }: Sizes): Promise<Report> => {
    // One more than the clients: it finds out when the first socket opens.
    await using hub = await CampaignHub.prepare(count + 1, {
      ACCESS_TOKEN_EXPIRE_MINUTES: TOKEN_MINUTES,
    })
    await hub.start()
    const crowd = new Crowd(hub, spread)
    try {
      await crowd.gather()
      const rounds: Report[] = []
      for (let kill = 0; kill < kills; kill++) rounds.push(await killOnce(hub, crowd, patience))
      return worstOf(rounds)
    } finally {
      crowd.end()
    }
  },
}

class Crowd {
  readonly clients: readonly LightClassic[]
  /** Times at which one was greeted since `forget`, by `performance.now()`. */
  greeted: number[] = []
  private readonly scout: LightClassic

  constructor({ nodes: [scout, ...nodes], port }: CampaignHub, spreadSeconds: number) {
    if (!scout) throw new Error('no nodes')
    this.scout = new LightClassic(port, scout, () => undefined)
    const greeted = (): number => this.greeted.push(performance.now())
    this.clients = nodes.map(
      (node) => new LightClassic(port, node, greeted, Math.random() * spreadSeconds * 1_000),
    )
  }

  async gather(): Promise<void> {
    const waiting = this.clients.values()
    const worker = async (): Promise<void> => {
      for (const client of waiting) {
        const outcome = await client.connect()
        if (outcome !== 'connected') throw new Error(`a client's first connection: ${outcome}`)
      }
    }
    await Promise.all(Array.from({ length: CONCURRENCY }, worker))
  }

  forget(): void {
    this.greeted = []
    for (const { refreshes } of this.clients) refreshes.length = 0
  }

  count(state: LightClassic['state']): number {
    return this.clients.filter((client) => client.state === state).length
  }

  /** Resolves when all are online again or have given up. */
  async settled(since: number): Promise<void> {
    const isBack = ({ state, onlineSince }: LightClassic): boolean =>
      state === 'gave up' || (state === 'online' && onlineSince > since)
    while (performance.now() - since < WATCH_MS) {
      if (this.clients.every(isBack)) return
      await delay(PROBE_MS)
    }
  }

  /** Milliseconds from `since` until a socket opens. */
  async firstSocket(since: number): Promise<number> {
    while ((await this.scout.reconnect()) !== 'connected') {
      if (performance.now() - since > WATCH_MS) break
      await delay(PROBE_MS)
    }
    this.scout.end()
    return performance.now() - since
  }

  end(): void {
    for (const client of this.clients) client.end()
  }
}

async function killOnce(hub: CampaignHub, crowd: Crowd, patience: number): Promise<Report> {
  crowd.forget()
  const killedAt = performance.now()
  await hub.running.stop('SIGKILL')
  const [firstSocket] = await Promise.all([crowd.firstSocket(killedAt), hub.start()])
  const cpuBefore = await hub.running.cpu()
  const lateness = monitorEventLoopDelay()
  lateness.enable()
  await crowd.settled(killedAt)
  lateness.disable()
  const cpu = (await hub.running.cpu()) - cpuBefore

  const { clients, greeted } = crowd
  const back = clients.map(({ onlineSince }) => onlineSince - killedAt).filter((ms) => ms > 0)
  const refreshes = clients.flatMap((client) => client.refreshes)
  const answered = refreshes.filter(({ status }) => status !== null)
  const slowest = Math.max(0, ...answered.map(({ milliseconds }) => milliseconds))
  const failed = answered.filter(({ status }) => status !== 200).length
  const last = Math.max(0, ...back)
  const broken: string[] = []
  expectThat(
    firstSocket <= FIRST_SOCKET_WITHIN_MS * patience,
    `first socket after ${round(firstSocket)} ms`,
    broken,
  )
  expectThat(crowd.count('online') === clients.length, 'not all are online', broken)
  expectThat(crowd.count('gave up') === 0, `${crowd.count('gave up')} gave up`, broken)
  expectThat(failed === 0, `${failed} refreshes were not answered by 200`, broken)
  expectThat(
    last <= ALL_BACK_WITHIN_MS * patience,
    `the last was back after ${round(last)} ms`,
    broken,
  )
  return {
    figures: {
      clients: clients.length,
      'first socket after kill -9, s': round(firstSocket / 1_000, 2),
      'all back after, s': round(last / 1_000, 2),
      'half back after, s': round(percentile(back, 0.5) / 1_000, 2),
      'attempts at most': Math.max(...clients.map(({ attempts }) => attempts)),
      'gave up': crowd.count('gave up'),
      refreshes: answered.length,
      'slowest /refresh, ms': round(slowest),
      '/refresh p99, ms': round(
        percentile(
          answered.map(({ milliseconds }) => milliseconds),
          0.99,
        ),
      ),
      'handshakes in the busiest second': busiestSecond(greeted),
      // What the driver itself adds to every time above.
      'driver late by at most, ms': round(lateness.max / 1e6),
      'CPU of the hub per client back, ms': round(cpu / 1_000 / back.length, 2),
    },
    broken,
  }
}

function busiestSecond(times: readonly number[]): number {
  const sorted = [...times].sort((a, b) => a - b)
  let most = 0
  for (let first = 0, last = 0; last < sorted.length; last++) {
    while ((sorted[last] ?? 0) - (sorted[first] ?? 0) > 1_000) first++
    most = Math.max(most, last - first + 1)
  }
  return most
}

/** The largest of each figure: what the promises are about. */
function worstOf(rounds: readonly Report[]): Report {
  const figures: Record<string, number> = {}
  for (const report of rounds) {
    for (const [what, value] of Object.entries(report.figures)) {
      figures[what] = Math.max(figures[what] ?? 0, Number(value))
    }
  }
  return { figures: { kills: rounds.length, ...figures }, broken: rounds.flatMap((r) => r.broken) }
}
