import { describe, expect, it } from '@jest/globals'

import { Crowd } from '../support/crowd.js'
import { Fleet } from '../support/fleet.js'
import { judge } from '../support/ledger-checker.js'
import { breachesOf } from '../support/ledger-report.js'
import { Ledger } from '../support/ledger.js'
import { cloneDatabase } from '../support/postgres.js'

/** The small sister of `npm run campaign -- ledger`. */
const LOAD = { signals: 20_000, killsPerSecond: 10, absent: 0.05 }
const PATIENCE_MS = 120_000

describe('twenty thousand signals between two hundred nodes, some of which die and come back', () => {
  it(
    'are each received once, in order, or reported by one error: one instance',
    async () => {
      await using database = await cloneDatabase()
      await using fleet = await Fleet.start({ instances: 1, databaseUrl: database.url, nodes: 200 })
      const ledger = new Ledger()
      const crowd = new Crowd(fleet.nodes, ledger, fleet.doors, 1)
      await crowd.run(LOAD)

      const verdict = judge(ledger.operations)
      expect(breachesOf(verdict)).toEqual([])
      expect(crowd.unexpected).toEqual([])
      // It was no walk in the park: nodes died, others were away, clients resumed.
      expect(verdict.signals).toBe(LOAD.signals)
      expect(verdict.toTheDead).toBeGreaterThan(0)
      expect(verdict.reported.target_offline).toBeGreaterThan(0)
      expect(crowd.resumptions).toBeGreaterThan(0)
    },
    PATIENCE_MS,
  )
})
