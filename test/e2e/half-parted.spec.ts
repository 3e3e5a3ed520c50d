import { describe, expect, it } from '@jest/globals'

import { Instances } from '../../src/instances/instances.js'
import { FaultProxy } from '../support/fault-proxy.js'
import { freePort } from '../support/free-port.js'
import { startHub } from '../support/hub.js'
import { RedisProcess } from '../support/redis-process.js'
import { until } from '../support/until.js'
import { withRedis } from '../support/with-redis.js'

withRedis(() => {
  describe('an instance that has lost Postgres, and hears the others over Redis', () => {
    it('is not taken for dead: signals go to its nodes and from them, though it cannot beat in the table', async () => {
      await using redis = await RedisProcess.start(await freePort())
      const env = { REDIS_URL: redis.url, RATE_LIMIT_ENABLED: 'false' }
      await using here = await startHub({ env })
      await using wire = await FaultProxy.before(here.database.url)
      await using there = await startHub({
        database: here.database,
        databaseUrl: wire.through(here.database.url),
        env: { ...env, PUBLIC_URL: here.url },
      })
      const [near, far] = [await here.connectNode(), await there.connectNode()]
      const { id } = there.app.get(Instances)

      wire.freeze()
      await until(async () => {
        const [row] = await here.database.query(
          `SELECT beat_at < clock_timestamp() - interval '7 seconds' AS "isDead" FROM instances WHERE id = $1`,
          [id],
        )
        return row?.isDead === true
      })
      near.signal(far.id, 'to')
      far.signal(near.id, 'fro')

      expect(await far.socket.next()).toMatchObject({ type: 'signal', payload: 'to' })
      expect(await near.socket.next()).toMatchObject({ type: 'signal', payload: 'fro' })
      wire.restore()
    })
  })

  describe('two instances of which one alone uses Redis', () => {
    it('both tell the operator, once, that they do not hear each other', async () => {
      await using redis = await RedisProcess.start(await freePort())
      await using here = await startHub()
      await using there = await startHub({
        database: here.database,
        env: { PUBLIC_URL: here.url, REDIS_URL: redis.url },
      })
      const told = () => [here, there].map(({ logLines }) => logLines.filter(isAboutTheCarrier))

      await until(() => told().every((lines) => lines.length > 0))

      expect(told()).toEqual([
        [expect.stringContaining('REDIS_URL: another instance of this hub runs and is not heard')],
        [expect.stringContaining('REDIS_URL: another instance of this hub runs and is not heard')],
      ])
    })
  })
})

function isAboutTheCarrier(line: string): boolean {
  return line.includes('REDIS_URL: another')
}
