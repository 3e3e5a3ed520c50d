import { randomInt } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

import { openEmbeddedPostgres } from '../../src/database/embedded-postgres.js'
import type { Carrier, RunningCarrier } from '../../test/support/carriers.js'
import type { Fleet } from '../../test/support/fleet.js'
import { breachesOf, rowsOf } from '../../test/support/ledger-report.js'
import { runLedger } from '../../test/support/ledger-run.js'
import type { Ledger } from '../../test/support/ledger.js'
import { type Campaign, type Report, round } from './report.js'

/** A share of the nodes never connects: what is sent to them must be refused. */
const ABSENT = 0.05
/** Longer than the carrier takes to be whole again, and the hub to report what it lost. */
const MEND_MS = 8_000
const CUT_MS = 2_000

interface Sizes {
  readonly signals: number
  readonly nodes: number
  readonly instances: number
  readonly kills: number
  readonly faults: number
  readonly seed: number
}

/** Sends numbered signals between nodes that die and come back, and accounts for each of them. */
export function ledgerOver(carrier: Carrier): Campaign<keyof Sizes> {
  return {
    about: `numbered signals between nodes that die and come back, over ${carrier}; each is accounted for`,
    sizes: {
      signals: { full: 1_000_000, small: 20_000, what: 'signals' },
      nodes: { full: 200, small: 200, what: 'nodes' },
      instances: { full: 3, small: 3, what: 'instances of the hub' },
      kills: { full: 10, small: 10, what: 'nodes that lose their connection, a second' },
      faults: { full: 0, small: 0, what: 'times the carrier is cut, or an instance killed' },
      seed: { full: 1, small: 1, what: 'of what is random in the load' },
    },
    run: async ({ signals, nodes, instances, kills, faults, seed }): Promise<Report> => {
      const folder = await mkdtemp(join(tmpdir(), 'hub-ledger-'))
      const postgres = await openEmbeddedPostgres(join(folder, 'data'), () => undefined)
      // It is in a session of its own: else it would stay behind.
      for (const signal of ['SIGINT', 'SIGTERM'] as const) {
        process.once(signal, () => void postgres.stop().finally(() => process.exit(130)))
      }
      try {
        const outcome = await runLedger({
          ...{
            databaseUrl: postgres.url,
            carrier,
            instances,
            nodes,
            seed,
            signals,
            absent: ABSENT,
          },
          killsPerSecond: kills,
          ...(faults > 0 && {
            trouble: (fleet, running, ledger) => breakThings(faults, fleet, running, ledger),
          }),
        })
        const { verdict, unexpected, tookMs } = outcome
        const broken = [...breachesOf(verdict), ...unexpected.slice(0, 5)]
        if (verdict.silentInFaults > 0) broken.push(`${verdict.silentInFaults} silent in faults`)
        return {
          figures: {
            ...Object.fromEntries(rowsOf(verdict)),
            'connections resumed': outcome.resumptions,
            'a hub answered late, s': round(outcome.stalledMs / 1_000),
            'signals a second': round(signals / (tookMs / 1_000), 0),
            'largest instance afterwards, MiB': round(outcome.memory / 1_048_576, 0),
          },
          broken,
        }
      } finally {
        await postgres.stop()
        await rm(folder, { recursive: true, force: true })
      }
    },
  }
}

/** One after the other, at random times: the carrier is cut, or an instance killed and started again. */
async function breakThings(
  count: number,
  fleet: Fleet,
  { wires }: RunningCarrier,
  ledger: Ledger,
): Promise<void> {
  for (let n = 0; n < count; n++) {
    await delay(randomInt(1_000, 5_000))
    if (n % 2 === 0) {
      await ledger.fault('the carrier is cut', MEND_MS, async () => {
        for (const wire of wires) wire.cut()
        await delay(randomInt(CUT_MS))
        for (const wire of wires) wire.restore()
      })
    } else {
      await ledger.fault('an instance is killed', MEND_MS, async () => {
        const index = randomInt(fleet.doors.length)
        await fleet.at(index).kill()
        await fleet.start(index)
      })
    }
  }
}
