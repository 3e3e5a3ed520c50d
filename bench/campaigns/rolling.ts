import { OwnPostgres } from '../../test/support/own-postgres.js'
import type { Carrier } from '../../test/support/carriers.js'
import type { Fleet } from '../../test/support/fleet.js'
import { breachesOf, rowsOf } from '../../test/support/ledger-report.js'
import { runLedger } from '../../test/support/ledger-run.js'
import type { Ledger } from '../../test/support/ledger.js'
import { type Campaign, expectThat, PATIENCE, type Report, round } from './report.js'

/** CONTRACT §3, TRUST C12: from SIGTERM to the end of the process. */
const EXITS_WITHIN_MS = 15_000
/** The load is to last longer than the restarts: signals are sent for so long for each of them. */
const SECONDS_A_RESTART = 12

interface Sizes {
  readonly rounds: number
  readonly instances: number
  readonly nodes: number
  readonly rate: number
  readonly patience: number
}

interface Restart {
  readonly code: number | null
  readonly stoppedMs: number
  readonly startedMs: number
}

/** Restarts one instance after the other while nodes signal each other, and accounts for each signal. */
export function rollingOver(carrier: Carrier): Campaign<keyof Sizes> {
  return {
    about: `instances are restarted one after the other under load, over ${carrier}; each signal is accounted for`,
    sizes: {
      rounds: { full: 20, small: 1, what: 'times that all are restarted' },
      instances: { full: 3, small: 3, what: 'instances of the hub' },
      nodes: { full: 200, small: 60, what: 'nodes' },
      rate: { full: 500, small: 200, what: 'signals a second' },
      patience: PATIENCE,
    },
    run: async ({ rounds, instances, nodes, rate, patience }): Promise<Report> => {
      await using postgres = await OwnPostgres.start()
      const restarts: Restart[] = []
      let sentAtTheEnd = 0
      const { verdict, unexpected, resumptions, stalledMs } = await runLedger({
        ...{ databaseUrl: postgres.directUrl, carrier, instances, nodes, seed: 1 },
        ...{ killsPerSecond: 0, perSecond: rate },
        signals: rounds * instances * SECONDS_A_RESTART * rate,
        trouble: async (fleet, _carrier, ledger) => {
          for (let n = 0; n < rounds * instances; n++) {
            restarts.push(await restart(fleet, n % instances))
          }
          sentAtTheEnd = sentIn(ledger)
        },
      })
      const longest = (of: (each: Restart) => number): number => Math.max(...restarts.map(of))
      const broken = [...breachesOf(verdict), ...unexpected.slice(0, 5)]
      expectThat(verdict.toTheDead === 0, `${verdict.toTheDead} to connections that died`, broken)
      expectThat(sentAtTheEnd < verdict.signals, 'the load ended before the restarts', broken)
      expectThat(
        restarts.every(({ code }) => code === 0),
        `exit codes ${restarts.map(({ code }) => code).join(' ')}`,
        broken,
      )
      expectThat(
        longest(({ stoppedMs }) => stoppedMs) <= patience * EXITS_WITHIN_MS,
        'an instance took too long to stop',
        broken,
      )
      return {
        figures: {
          restarts: restarts.length,
          'longest stop, s': round(longest(({ stoppedMs }) => stoppedMs) / 1_000),
          'longest start, s': round(longest(({ startedMs }) => startedMs) / 1_000),
          ...Object.fromEntries(rowsOf(verdict)),
          'connections resumed': resumptions,
          'a hub answered late, s': round(stalledMs / 1_000),
        },
        broken,
      }
    },
  }
}

/** As an operator does it. */
async function restart(fleet: Fleet, index: number): Promise<Restart> {
  const begun = performance.now()
  const code = await fleet.at(index).stop()
  const stopped = performance.now()
  await fleet.start(index)
  return { code, stoppedMs: stopped - begun, startedMs: performance.now() - stopped }
}

function sentIn({ operations }: Ledger): number {
  return operations.filter(({ type }) => type === 'invoke').length
}
