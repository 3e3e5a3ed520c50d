import { afterAll, beforeAll, describe } from '@jest/globals'

import type { Carrier } from './carriers.js'
import { startHubs, type TestHubs } from './hubs.js'

/** Runs scenarios on a hub of `count` instances, whose rates are off. */
export function onInstances(
  count: number,
  carrier: Carrier,
  scenarios: (hubs: () => TestHubs) => void,
): void {
  describe(count === 1 ? 'one instance' : `${count} instances over ${carrier}`, () => {
    let hubs: TestHubs
    beforeAll(async () => {
      hubs = await startHubs(count, carrier, { env: { RATE_LIMIT_ENABLED: 'false' } })
    })
    afterAll(() => hubs[Symbol.asyncDispose]())
    scenarios(() => hubs)
  })
}
