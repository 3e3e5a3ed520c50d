import { randomBytes } from 'node:crypto'

import { describe } from '@jest/globals'
import { Redis } from 'ioredis'

import { Logger } from '../../src/common/logger.js'
import { Secret } from '../../src/common/secret.js'
import { RedisBus } from '../../src/instances/bus.redis.js'
import { redisAddress } from '../../src/redis/redis-address.js'
import { FaultProxy } from '../support/fault-proxy.js'
import { freePort } from '../support/free-port.js'
import { RedisCluster } from '../support/redis-cluster.js'
import { RedisProcess } from '../support/redis-process.js'
import { withRedis } from '../support/with-redis.js'
import { busContract, type Carrier } from './bus.contract.js'

const silent = new Logger({ level: 'silent', format: 'json' })

function carrierOver(
  urls: readonly string[],
  wires: readonly FaultProxy[],
  clients: readonly Redis[],
  dispose: () => Promise<void>,
): Carrier {
  const addresses = urls.map((url) => redisAddress(new Secret(url)))
  const tag = randomBytes(6).toString('base64url')
  const all = (fault: (wire: FaultProxy) => void) => () => wires.forEach(fault)
  return {
    makeBus: () => new RedisBus(addresses, tag, silent),
    cut: all((wire) => wire.cut()),
    reset: all((wire) => wire.reset()),
    freeze: all((wire) => wire.freeze()),
    restore: all((wire) => wire.restore()),
    overhear: async () => {
      const heard: string[] = []
      const monitors = await Promise.all(clients.map((client) => client.monitor()))
      for (const monitor of monitors) {
        monitor.on('monitor', (_time: string, args: string[]) => heard.push(args.join(' ')))
      }
      return {
        stop: async () => {
          // What MONITOR tells comes before the answer to what was asked after it.
          for (const client of clients) await client.ping()
          for (const monitor of monitors) monitor.disconnect()
          return heard.join('\n')
        },
      }
    },
    [Symbol.asyncDispose]: dispose,
  }
}

async function startStandalone(): Promise<Carrier> {
  const given = process.env.REDIS_URL
  const server = given ? null : await RedisProcess.start(await freePort())
  const url = given ?? server?.url ?? ''
  const wire = await FaultProxy.before(url)
  const client = new Redis(url)
  return carrierOver([wire.through(url)], [wire], [client], async () => {
    client.disconnect()
    await wire[Symbol.asyncDispose]()
    await server?.[Symbol.asyncDispose]()
  })
}

async function startCluster(): Promise<Carrier> {
  const cluster = await RedisCluster.start()
  const { members } = cluster
  return carrierOver(
    cluster.url.split(','),
    members.map(({ wire }) => wire),
    members.map(({ client }) => client),
    () => cluster[Symbol.asyncDispose](),
  )
}

withRedis(() => {
  describe('the bus over one Redis', () => {
    busContract(startStandalone)
  })

  describe('the bus over a cluster of three masters', () => {
    busContract(startCluster)
  })
})
