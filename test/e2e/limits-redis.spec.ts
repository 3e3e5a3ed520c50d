import { describe, expect, it } from '@jest/globals'

import { startHubs } from '../support/hubs.js'
import { withRedis } from '../support/with-redis.js'

describe('the limits of two instances with Redis', () => {
  withRedis(() => {
    it('are one: what is used up at one is used up at the other; without Redis each counts by itself', async () => {
      await using hubs = await startHubs(2, 'redis')
      const { accessToken: token } = await hubs.at(0).signIn()
      const put = (instance: number) =>
        hubs.at(instance).fetch('PUT', '/profile', { token, body: { name: 'n' } })

      const statuses: number[] = []
      for (let count = 0; count < 20; count++) statuses.push((await put(count)).status)
      const refused = await put(1)

      expect(statuses).toEqual(statuses.map(() => 200))
      expect(refused).toMatchObject({ status: 429, body: { error_code: 'rate_limited' } })
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
      await hubs.carrier.servers[0]?.kill()
      expect([(await put(0)).status, (await put(1)).status]).toEqual([200, 200])
    })
  })
})
