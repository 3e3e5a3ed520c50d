import { z } from 'zod'

import { politely } from '../common/within.js'
import { slotOf } from './cluster-slot.js'
import type { RedisAddress } from './redis-address.js'
import { RedisConnection, type RedisEvents } from './redis-connection.js'

const SLOTS = 16_384
/** Milliseconds that the goodbye may take. */
const GOODBYE_MS = 500
/** How often a cluster is asked whether its slots are where they were: not every move is noticed. */
const LOOK_MS = 5_000

/** CLUSTER SLOTS: `[first, last, [host, port, …], …]`; the first node of a range is its master. */
const slotsReply = z.array(
  z
    .tuple([z.number(), z.number(), z.tuple([z.unknown(), z.number()]).rest(z.unknown())])
    .rest(z.unknown()),
)

export interface ShardsEvents extends RedisEvents {
  /** Slots are no longer where they were. */
  onMoved(): void
}

/**
 * A connection to each master that holds slots: one, if Redis is no cluster. They stand and fall
 * together: when one is lost, or a slot has moved, all are closed and the slots asked for anew.
 */
export class RedisShards {
  private readonly connections = new Map<string, RedisConnection>()
  /** Of a cluster; else all is in one place. */
  private slots: RedisConnection[] | null = null
  private timer: NodeJS.Timeout | undefined

  private constructor(
    private readonly seed: RedisAddress,
    private readonly events: ShardsEvents,
  ) {}

  /**
   * @throws RedisReplyError  it does not let us in
   * @throws RedisLostError   it cannot be reached, or one of the masters that it names
   */
  static async open(seed: RedisAddress, events: ShardsEvents): Promise<RedisShards> {
    const shards = new RedisShards(seed, events)
    try {
      await shards.connectAll()
      return shards
    } catch (error) {
      shards.close()
      throw error
    }
  }

  get all(): RedisConnection[] {
    return [...this.connections.values()]
  }

  /** The addresses of all masters: each can be the next seed. */
  get addresses(): RedisAddress[] {
    return this.all.map(({ address }) => address)
  }

  /** Where the channel belongs. */
  of(channel: string): RedisConnection {
    const shard = this.slots ? this.slots[slotOf(channel)] : this.connections.values().next().value
    if (!shard) throw new Error('this slot has no master')
    return shard
  }

  byShard(channels: readonly string[]): Map<RedisConnection, string[]> {
    const found = new Map<RedisConnection, string[]>()
    for (const channel of channels) {
      const shard = this.of(channel)
      const its = found.get(shard)
      if (its) its.push(channel)
      else found.set(shard, [channel])
    }
    return found
  }

  /** Says goodbye first, so that nobody is told of subscriptions that are about to end. */
  async leave(): Promise<void> {
    const goodbyes = this.all.map((connection) => connection.command('RESET'))
    await politely(GOODBYE_MS, Promise.all(goodbyes))
    this.close()
  }

  get isCluster(): boolean {
    return this.slots !== null
  }

  close(): void {
    clearInterval(this.timer)
    for (const connection of this.connections.values()) connection.close()
  }

  private async connectAll(): Promise<void> {
    const seed = this.connect(this.seed)
    if ((await seed.greet()) !== 'cluster') return
    const ranges = await slotsOf(seed)
    const slots = new Array<RedisConnection | null>(SLOTS).fill(null)
    for (const [first, last, host, port] of ranges) {
      const master = { ...this.seed, host: host || this.seed.host, port }
      const connection = this.connections.get(nameOf(master)) ?? this.connect(master)
      slots.fill(connection, first, last + 1)
    }
    this.slots = slots.filter((master) => master !== null)
    if (this.slots.length < SLOTS) throw new Error('not every slot of the cluster has a master')
    // A replica, or known to the others under another name.
    if (!this.slots.includes(seed)) {
      this.connections.delete(nameOf(this.seed))
      seed.close()
    }
    const others = this.all.filter((connection) => connection !== seed)
    await Promise.all(others.map((connection) => connection.greet()))
    await this.watch(this.of(''))
  }

  private async watch(master: RedisConnection): Promise<void> {
    const known = JSON.stringify(await slotsOf(master))
    this.timer = setInterval(() => {
      slotsOf(master).then(
        (ranges) => JSON.stringify(ranges) === known || this.events.onMoved(),
        () => undefined,
      )
    }, LOOK_MS)
    this.timer.unref()
  }

  private connect(address: RedisAddress): RedisConnection {
    const connection = new RedisConnection(address, this.events)
    this.connections.set(nameOf(address), connection)
    return connection
  }
}

type Range = readonly [first: number, last: number, host: string, port: number]

/** In order, so that the same slots are the same answer. */
async function slotsOf(connection: RedisConnection): Promise<Range[]> {
  const ranges = slotsReply.parse(await connection.command('CLUSTER', 'SLOTS'))
  return ranges
    .map(([first, last, [host, port]]): Range => [first, last, hostOf(host), port])
    .sort(([one], [other]) => one - other)
}

/** Empty: where it was asked, as it does not know its own name. */
function hostOf(host: unknown): string {
  const name = Buffer.isBuffer(host) ? host.toString() : ''
  return name === '?' ? '' : name
}

function nameOf({ host, port }: RedisAddress): string {
  return `${host} ${port}`
}
