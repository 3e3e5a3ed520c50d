import { FaultProxy } from './fault-proxy.js'
import { freePort } from './free-port.js'
import { RedisCluster } from './redis-cluster.js'
import { RedisProcess } from './redis-process.js'

/** What carries messages between the instances of a hub. */
export type Carrier = 'postgres' | 'redis' | 'cluster'

/** A carrier that runs for a test, and all that can be broken of it. */
export interface RunningCarrier extends AsyncDisposable {
  readonly kind: Carrier
  /** What the instances are told of it. */
  readonly env: Readonly<Record<string, string>>
  /** The same past the wires, where that can be: they cost this process time. */
  readonly wirelessEnv: Readonly<Record<string, string>>
  /** Every wire from an instance to it. Over Postgres, those to the database. */
  readonly wires: readonly FaultProxy[]
  /** Its own processes: none over Postgres, which is not of this test alone. */
  readonly servers: readonly RedisProcess[]
}

/** Starts a carrier, behind wires that can be broken. @param databaseUrl of the instances' database */
export async function startCarrier(kind: Carrier, databaseUrl: string): Promise<RunningCarrier> {
  switch (kind) {
    case 'postgres': {
      const wire = await FaultProxy.before(databaseUrl)
      const env = { DATABASE_URL: wire.through(databaseUrl) }
      const dispose = disposeOf(wire)
      return {
        ...{ kind, env, wirelessEnv: { DATABASE_URL: databaseUrl } },
        ...{ wires: [wire], servers: [], [Symbol.asyncDispose]: dispose },
      }
    }
    case 'redis': {
      const server = await RedisProcess.start(await freePort())
      const wire = await FaultProxy.before(server.url)
      const env = { REDIS_URL: wire.through(server.url) }
      const dispose = disposeOf(wire, server)
      return {
        ...{ kind, env, wirelessEnv: { REDIS_URL: server.url } },
        ...{ wires: [wire], servers: [server], [Symbol.asyncDispose]: dispose },
      }
    }
    case 'cluster': {
      const cluster = await RedisCluster.start()
      const env = { REDIS_URL: cluster.url }
      return {
        // Its members announce their wires as their own addresses.
        ...{ kind, env, wirelessEnv: env },
        wires: cluster.members.map(({ wire }) => wire),
        servers: cluster.members.map(({ server }) => server),
        [Symbol.asyncDispose]: disposeOf(cluster),
      }
    }
  }
}

function disposeOf(...resources: readonly AsyncDisposable[]): () => Promise<void> {
  return async () => {
    for (const resource of resources) await resource[Symbol.asyncDispose]()
  }
}
