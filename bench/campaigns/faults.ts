import { type Fault, postgresFaults, redisFaults } from '../../test/support/carrier-faults.js'
import type { Carrier } from '../../test/support/carriers.js'
import { startWorld, type Trial, tryFault } from '../../test/support/fault-trial.js'
import { breachesOf } from '../../test/support/ledger-report.js'
import { type Campaign, expectThat, PATIENCE, type Report, round } from './report.js'

/** TRUST C11: from the mend until all reach each other again. */
const REBUILT_WITHIN_MS = 5_000
const MAY_GROW_MIB = 64

interface Sizes {
  readonly seconds: number
  readonly times: number
  readonly patience: number
}

/** What a hub over this carrier depends on, and what may go wrong with it. */
const faultsOf: Readonly<Record<Carrier, readonly Fault[]>> = {
  redis: [...redisFaults, ...postgresFaults],
  cluster: redisFaults,
  postgres: postgresFaults,
}

/** Breaks one thing after the other under pairs of nodes that talk, at one instance and across two. */
export function faultsOver(carrier: Carrier): Campaign<keyof Sizes> {
  return {
    about: `what three instances over ${carrier} depend on breaks in every way; each signal is accounted for`,
    sizes: {
      seconds: { full: 60, small: 4, what: 'seconds that a fault lasts' },
      times: { full: 100, small: 10, what: 'times that connections are cut' },
      patience: PATIENCE,
    },
    run: async ({ patience, ...scale }): Promise<Report> => {
      await using world = await startWorld(carrier)
      const figures: Record<string, string> = {}
      const broken: string[] = []
      for (const fault of faultsOf[carrier]) {
        const trial = await tryFault(world, fault, scale)
        const isPostgres = postgresFaults.includes(fault)
        const name = `${isPostgres ? 'Postgres' : 'Redis'} ${fault.name}`
        figures[name] = describe(trial)
        for (const promise of brokenIn(trial, patience)) broken.push(`${name}: ${promise}`)
      }
      return { figures, broken }
    },
  }
}

function describe({ local, across, rebuiltMs, growth }: Trial): string {
  const reported = Object.values(across.reported).reduce((sum, count) => sum + count, 0)
  return [
    `at one instance ${local.delivered} of ${local.signals} delivered`,
    `across ${across.delivered} of ${across.signals} delivered, ${reported} reported, ` +
      `${across.indeterminate} both, ${across.silentInFaults} silent`,
    `together again after ${round(rebuiltMs / 1_000)} s`,
    `${round(growth / 1_048_576, 0)} MiB more`,
  ].join('; ')
}

function brokenIn({ local, across, dropped, rebuiltMs, growth }: Trial, patience: number) {
  const broken = [...breachesOf(local), ...breachesOf(across)]
  expectThat(local.delivered === local.signals, 'pairs at one instance noticed it', broken)
  expectThat(across.silentInFaults === 0, `${across.silentInFaults} silent`, broken)
  expectThat(dropped.length === 0, `connections ended: ${dropped.join(' ')}`, broken)
  expectThat(rebuiltMs <= patience * REBUILT_WITHIN_MS, 'it took too long to come back', broken)
  expectThat(growth < MAY_GROW_MIB * 1_048_576, 'memory grew', broken)
  return broken
}
