import { describe, expect, it } from '@jest/globals'

import type { Carrier } from '../support/carriers.js'
import { breachesOf } from '../support/ledger-report.js'
import { runLedger } from '../support/ledger-run.js'
import { cloneDatabase } from '../support/postgres.js'

/** The small sister of `npm run campaign -- ledger:postgres` and of those over Redis. */
const LOAD = { nodes: 200, signals: 20_000, killsPerSecond: 10, absent: 0.05 }
const PATIENCE_MS = 120_000

const TOPOLOGIES: readonly [number, Carrier][] = [
  [1, 'postgres'],
  [3, 'postgres'],
  [3, 'redis'],
  [3, 'cluster'],
]

describe('twenty thousand signals between two hundred nodes, some of which die and come back', () => {
  it.each(TOPOLOGIES)(
    'are each received once, in order, or reported by one error: %i × hub, %s',
    async (instances, carrier) => {
      await using database = await cloneDatabase()
      const { verdict, unexpected, resumptions } = await runLedger({
        ...LOAD,
        ...{ databaseUrl: database.url, instances, carrier, seed: 1 },
      })

      expect(breachesOf(verdict)).toEqual([])
      expect(verdict.silentInFaults).toBe(0)
      expect(unexpected).toEqual([])
      // It was no walk in the park: nodes died, others were away, clients resumed.
      expect(verdict.signals).toBe(LOAD.signals)
      expect(verdict.toTheDead).toBeGreaterThan(0)
      expect(verdict.reported.target_offline).toBeGreaterThan(0)
      expect(resumptions).toBeGreaterThan(0)
    },
    PATIENCE_MS,
  )
})
