import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'

import { redisFaults, type World } from '../support/carrier-faults.js'
import type { Carrier } from '../support/carriers.js'
import { startWorld, tryFault } from '../support/fault-trial.js'
import { breachesOf } from '../support/ledger-report.js'

/** Minutes of each in `npm run campaign -- faults`. */
const SCALE = { seconds: 4, times: 10 }
const PATIENCE_MS = 120_000
/** Five times what is promised: machines are busy. */
const REBUILT_WITHIN_MS = 5 * 5_000
const MAY_GROW_BYTES = 64 * 1_048_576

describe.each<Carrier>(['redis', 'cluster'])('while Redis (%s) is', (kind) => {
  let world: World & AsyncDisposable

  beforeAll(async () => {
    world = await startWorld(kind)
  }, PATIENCE_MS)

  afterAll(async () => {
    await world[Symbol.asyncDispose]()
  })

  it.each([...redisFaults])(
    '$name: pairs at one instance notice nothing, signals across are delivered or reported',
    async (fault) => {
      const { local, across, dropped, rebuiltMs, growth } = await tryFault(world, fault, SCALE)

      expect(breachesOf(local)).toEqual([])
      expect(local.delivered).toBe(local.signals)
      expect(breachesOf(across)).toEqual([])
      expect(across.silentInFaults).toBe(0)
      expect(Object.keys(across.reported)).toEqual(
        across.reported.relay_failed ? ['relay_failed'] : [],
      )
      expect(dropped).toEqual([])
      expect(rebuiltMs).toBeLessThan(REBUILT_WITHIN_MS)
      expect(growth).toBeLessThan(MAY_GROW_BYTES)
    },
    PATIENCE_MS,
  )
})
