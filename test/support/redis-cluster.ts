import { Redis } from 'ioredis'

import { FaultProxy } from './fault-proxy.js'
import { freePort } from './free-port.js'
import { RedisProcess, untilPortIsFree } from './redis-process.js'
import { until } from './until.js'

const SLOTS = 16_384

/** One member, and the wire that leads to it: to clients it announces that as its own address. */
export interface Member {
  readonly server: RedisProcess
  /** Where the other members reach it. */
  readonly busPort: number
  readonly wire: FaultProxy
  /** Of a test, past the wire. */
  readonly client: Redis
  readonly id: string
}

/** A real cluster of three masters, perhaps with a replica of the first. */
export class RedisCluster implements AsyncDisposable {
  private constructor(readonly members: readonly Member[]) {}

  /** Resolves when every member says that all slots are served. */
  static async start({ hasReplica = false } = {}): Promise<RedisCluster> {
    const count = hasReplica ? 4 : 3
    const members = await Promise.all(Array.from({ length: count }, startMember))
    const cluster = new RedisCluster(members)
    try {
      await cluster.join(hasReplica)
      return cluster
    } catch (error) {
      await cluster[Symbol.asyncDispose]()
      throw error
    }
  }

  private async join(hasReplica: boolean): Promise<void> {
    const [first, ...rest] = this.members
    for (const [index, { client }] of this.members.slice(0, 3).entries()) {
      const [from = 0, to = 0] = [index, index + 1].map((n) => Math.floor((n * SLOTS) / 3))
      await client.call('CLUSTER', 'ADDSLOTSRANGE', from, to - 1)
      // Each its own, so that none has to give way to another.
      await client.call('CLUSTER', 'SET-CONFIG-EPOCH', index + 1)
    }
    for (const { busPort, server } of rest) {
      await first!.client.call('CLUSTER', 'MEET', '127.0.0.1', server.port, busPort)
    }
    await until(() => this.isWhole(this.members.length))
    const replica = this.members[3]
    if (!hasReplica || !replica) return
    await until(() => replica.client.call('CLUSTER', 'REPLICATE', first!.id).then(yes, no))
    await until(async () => (await replica.client.role())[3] === 'connected')
  }

  private async isWhole(count: number): Promise<boolean> {
    const infos = await Promise.all(
      this.members.map(({ client }) => client.call('CLUSTER', 'INFO') as Promise<string>),
    )
    return infos.every(
      (info) =>
        info.includes('cluster_state:ok') && info.includes(`cluster_known_nodes:${count}\r`),
    )
  }

  /** As REDIS_URL has it. */
  get url(): string {
    return this.members.map(({ server, wire }) => wire.through(server.url)).join(',')
  }

  /** As the end of a resharding: the slot holds no keys. */
  async moveSlot(slot: number, from: number, to: number): Promise<void> {
    const [source, target] = [this.members[from]!, this.members[to]!]
    for (const { client } of [target, source]) {
      await client.call('CLUSTER', 'SETSLOT', slot, 'NODE', target.id)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { client, wire, server } of this.members) {
      client.disconnect()
      await wire[Symbol.asyncDispose]()
      await server[Symbol.asyncDispose]()
    }
  }
}

async function startMember(): Promise<Member> {
  const { server, wire, busPort } = await untilPortIsFree(await freePort(), startServer)
  const client = new Redis({
    port: server.port,
    retryStrategy: () => 50,
    disconnectTimeout: 100,
  })
  client.on('error', no)
  return { server, busPort, wire, client, id: String(await client.call('CLUSTER', 'MYID')) }
}

async function startServer(port: number): Promise<Pick<Member, 'server' | 'wire' | 'busPort'>> {
  const busPort = await freePort()
  const wire = await FaultProxy.before(`redis://127.0.0.1:${port}`)
  try {
    const server = await RedisProcess.startAt(port, [
      ...['--cluster-enabled', 'yes', '--cluster-port', String(busPort)],
      ...['--cluster-announce-port', String(wire.port), '--cluster-node-timeout', '10000'],
    ])
    return { server, wire, busPort }
  } catch (error) {
    await wire[Symbol.asyncDispose]()
    throw error
  }
}

function yes(): boolean {
  return true
}

function no(): boolean {
  return false
}
