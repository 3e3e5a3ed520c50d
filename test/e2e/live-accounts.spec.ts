import { describe, expect, it } from '@jest/globals'

import { type Live, LiveAccounts } from '../../src/presence/live-accounts.js'
import type { Carrier } from '../support/carriers.js'
import { startHubs, type TestHubs } from '../support/hubs.js'
import { until } from '../support/until.js'
import { connectQuick, quickNode, setPresence } from '../support/watching.js'
import { withRedis } from '../support/with-redis.js'

const RATES_OFF = { RATE_LIMIT_ENABLED: 'false' }

function liveAtFirst(hubs: TestHubs): Promise<Live> {
  return hubs.at(0).app.get(LiveAccounts).everywhere()
}

async function accountsAtFirst(hubs: TestHubs): Promise<readonly number[]> {
  const { accountIds, isComplete } = await liveAtFirst(hubs)
  return isComplete ? accountIds : []
}

function scenarios(carrier: Carrier): void {
  describe(`who is live over all instances (${carrier})`, () => {
    it('is who is connected here or elsewhere, until they leave or hide', async () => {
      await using hubs = await startHubs(2, carrier, { env: RATES_OFF })
      const [here, elsewhere] = [await connectQuick(hubs.at(0)), await connectQuick(hubs.at(1))]
      const hidden = await quickNode(hubs.at(1))
      await setPresence(hidden, 'nobody')
      await hidden.connect()
      await quickNode(hubs.at(1))

      const both = [here.accountId, elsewhere.accountId].sort()
      await until(async () => (await accountsAtFirst(hubs)).length === 2)
      expect([...(await accountsAtFirst(hubs))].sort()).toEqual(both)

      await setPresence(elsewhere, 'nobody')
      await until(async () => (await accountsAtFirst(hubs)).length === 1)
      await setPresence(hidden, 'everyone')
      await until(async () => (await accountsAtFirst(hubs)).includes(hidden.accountId))
      await hidden.disconnect()
      await until(async () => (await accountsAtFirst(hubs)).length === 1)
      expect(await liveAtFirst(hubs)).toEqual({ accountIds: [here.accountId], isComplete: true })
    })

    it.each(['cut', 'freeze'] as const)(
      'is who is connected here while the carrier is away (%s), without a long wait',
      async (fail) => {
        await using hubs = await startHubs(2, carrier, { env: RATES_OFF })
        const [here] = [await connectQuick(hubs.at(0)), await connectQuick(hubs.at(1))]

        for (const wire of hubs.carrier.wires) wire[fail]()
        const begun = performance.now()
        const live = await liveAtFirst(hubs)
        const waitedMs = performance.now() - begun

        expect(live).toEqual({ accountIds: [here.accountId], isComplete: false })
        // Promised are 300 ms.
        expect(waitedMs).toBeLessThan(5 * 300)

        for (const wire of hubs.carrier.wires) wire.restore()
        await until(async () => (await accountsAtFirst(hubs)).length === 2)
      },
    )
  })
}

scenarios('postgres')
withRedis(() => scenarios('redis'))
