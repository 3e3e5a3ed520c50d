import { z } from 'zod'

import { pauseBefore } from '../common/retry.js'
import type { Logger } from '../common/logger.js'
import type { RedisAddress } from '../redis/redis-address.js'
import { type RedisConnection, RedisLostError } from '../redis/redis-connection.js'
import { RedisShards } from '../redis/redis-shards.js'
import { type Reply, RedisReplyError } from '../redis/resp-parser.js'
import { Bus, BusAwayError, type Place } from './bus.js'

/** These Redis will not take back soon: a wrong password, a right that is missing, a command it lacks. */
const REFUSALS = new Set(['WRONGPASS', 'NOAUTH', 'NOPERM', 'NOPROTO', 'ERR'])
const AFTER_REFUSAL_MS = 5_000
/** Channels asked about in one command. */
const AT_ONCE = 1_000

const timeReply = z.tuple([z.coerce.number(), z.coerce.number()])
/** Channels and their numbers of subscribers, in turn. */
const numbersReply = z.array(z.union([z.number(), z.instanceof(Buffer)]))

/**
 * The bus over sharded pub/sub, of one Redis (7 or later, or Valkey) or of a cluster. To be subscribed
 * is to be there: a killed instance takes its places along, and nothing is stored.
 *
 *     hub:<tag>:p:<place>    messages to whoever has taken the place
 *     hub:<tag>:i:<id>       messages to one instance
 *     hub:<tag>:all          messages to all
 *
 * In a cluster each channel lives on the master of its slot. When a connection is lost or a slot moves,
 * everything is connected and taken anew: until then the whole bus is away, as an answer may have
 * to come back over another master than the question.
 */
export class RedisBus extends Bus {
  isUp = false

  private shards: RedisShards | null = null
  private readonly held = new Set<Place>()
  /** Asked in turn where everything is. */
  private seeds: readonly RedisAddress[]
  private retry: NodeJS.Timeout | undefined
  /** Of connecting; what belongs to a former attempt is over. */
  private attempt = 0
  private failures = 0
  private hasWarned = false
  /** The last stamp by the clock of each master; microseconds. */
  private readonly stamps = new Map<string, number>()
  private listener: (bytes: Buffer) => void = () => undefined
  private upListener: (stamp: number) => void = () => undefined

  private readonly all: string
  private readonly places: string

  /** @param addresses of nodes of one cluster, or of one Redis @param tag of this hub: several may share a Redis */
  constructor(
    private readonly addresses: readonly RedisAddress[],
    private readonly tag: string,
    private readonly logger: Logger,
  ) {
    super()
    this.seeds = addresses
    this.all = `hub:${tag}:all`
    this.places = `hub:${tag}:p:`
  }

  /** The masters of a cluster know nothing of each other's messages. */
  get keepsOrder(): boolean {
    return this.shards !== null && !this.shards.isCluster
  }

  open(): void {
    const attempt = ++this.attempt
    this.connect(attempt).catch((error: unknown) => this.fail(attempt, error))
  }

  onMessage(listener: (bytes: Buffer) => void): void {
    this.listener = listener
  }

  onUp(listener: (stamp: number) => void): void {
    this.upListener = listener
  }

  async take(places: readonly Place[]): Promise<number> {
    for (const place of places) this.held.add(place)
    const { shards, attempt } = this
    if (!shards) throw new BusAwayError()
    try {
      return await this.subscribe(
        shards,
        places.map((place) => this.channelOf(place)),
      )
    } catch (error) {
      return this.translate(attempt, error)
    }
  }

  leave(place: Place): void {
    const { shards, attempt } = this
    if (!this.held.delete(place) || !shards) return
    const channel = this.channelOf(place)
    shards
      .of(channel)
      .unsubscribe(channel)
      .catch((error: unknown) => error instanceof RedisLostError || this.fail(attempt, error))
  }

  toPlace(place: Place, bytes: Buffer): Promise<boolean> {
    return this.publish(this.channelOf(place), bytes)
  }

  toInstance(instance: string, bytes: Buffer): Promise<boolean> {
    return this.publish(this.channelOfInstance(instance), bytes)
  }

  async toAll(bytes: Buffer): Promise<void> {
    await this.publish(this.all, bytes)
  }

  taken(places: readonly Place[]): Promise<boolean[]> {
    return this.areSubscribed(places.map((place) => this.channelOf(place)))
  }

  listening(instances: readonly string[]): Promise<boolean[]> {
    return this.areSubscribed(instances.map((instance) => this.channelOfInstance(instance)))
  }

  async close(): Promise<void> {
    const { shards } = this
    this.attempt++
    this.isUp = false
    this.shards = null
    clearTimeout(this.retry)
    await shards?.leave()
  }

  private async connect(attempt: number): Promise<void> {
    const seed = this.seeds[attempt % this.seeds.length]
    if (!seed) throw new Error('no address of Redis')
    const shards = await RedisShards.open(seed, {
      onPush: (items) => this.hear(attempt, items),
      onLost: (error) => this.fail(attempt, error),
      onMoved: () => this.fail(attempt, new RedisReplyError('MOVED')),
    })
    if (attempt !== this.attempt) {
      shards.close()
      return
    }
    this.shards = shards
    if (!shards.isCluster && this.addresses.length > 1) throw new NoClusterError()
    this.seeds = [...this.addresses, ...shards.addresses]
    const stamp = await this.subscribe(shards, [
      this.all,
      ...[...this.held].map((place) => this.channelOf(place)),
    ])
    // Last: who sees this knows that all places are taken.
    await this.subscribe(shards, [this.channelOfInstance(this.id)])
    if (attempt !== this.attempt) return
    this.failures = 0
    this.hasWarned = false
    this.isUp = true
    this.upListener(stamp)
  }

  /** Whatever fails here is made anew as a whole: connections, slots, subscriptions. */
  private fail(attempt: number, error: unknown): void {
    if (attempt !== this.attempt) return
    const couldConnect = this.isUp
    this.attempt++
    this.part()
    const isRefused =
      error instanceof NoClusterError ||
      (error instanceof RedisReplyError && REFUSALS.has(error.code))
    // A connection that is made again at once is not worth a line.
    if (!couldConnect && !this.hasWarned) this.warn(error, isRefused)
    const pause = isRefused ? AFTER_REFUSAL_MS : pauseBefore(this.failures++)
    this.retry = setTimeout(() => this.open(), pause)
    this.retry.unref()
  }

  private part(): void {
    this.isUp = false
    this.shards?.close()
    this.shards = null
  }

  private warn(error: unknown, isRefused: boolean): void {
    this.hasWarned = true
    if (error instanceof NoClusterError) {
      this.logger.warn(error.message)
      return
    }
    this.logger.warn(
      isRefused
        ? `REDIS_URL: Redis answers ${codeOf(error)}; it is to be version 7 or later, or Valkey, with a user that may use pub/sub, and room for the connections of its clients`
        : `REDIS_URL: Redis cannot be used just now (${codeOf(error)}); tried again until it can`,
    )
  }

  private hear(attempt: number, [kind, channel, bytes]: readonly Reply[]): void {
    if (Buffer.isBuffer(bytes)) this.listener(bytes)
    // Nobody asked for that: the channel's slot has moved away.
    else if (String(kind) === 'sunsubscribe' && this.isWanted(String(channel))) {
      this.fail(attempt, new RedisReplyError('MOVED'))
    }
  }

  private isWanted(channel: string): boolean {
    return !channel.startsWith(this.places) || this.held.has(channel.slice(this.places.length))
  }

  /** Resolves with a stamp, read when all are subscribed: of several masters the earliest. */
  private async subscribe(shards: RedisShards, channels: readonly string[]): Promise<number> {
    const own = shards.of(this.channelOfInstance(this.id))
    const shardsOfChannels = shards.byShard(channels)
    const asked = shardsOfChannels.size > 0 ? [...shardsOfChannels.keys()] : [own]
    const subscribed = [...shardsOfChannels].flatMap(([shard, its]) =>
      its.map((channel) => shard.subscribe(channel)),
    )
    // In the same breath: a connection answers in order.
    const [stamps] = await Promise.all([
      Promise.all(asked.map((shard) => this.readStamp(shard))),
      Promise.all(subscribed),
    ])
    return Math.min(...stamps)
  }

  private async readStamp(shard: RedisConnection): Promise<number> {
    const [seconds, microseconds] = timeReply.parse(await shard.command('TIME'))
    const name = `${shard.address.host} ${shard.address.port}`
    const stamp = Math.max((this.stamps.get(name) ?? 0) + 1, seconds * 1_000_000 + microseconds)
    this.stamps.set(name, stamp)
    return stamp
  }

  private publish(channel: string, bytes: Buffer): Promise<boolean> {
    const { shards, attempt } = this
    if (!this.isUp || !shards) return Promise.reject(new BusAwayError())
    return shards
      .of(channel)
      .command('SPUBLISH', channel, bytes)
      .then(
        (receivers) => receivers !== 0,
        (error: unknown) => this.translate(attempt, error),
      )
  }

  private async areSubscribed(channels: readonly string[]): Promise<boolean[]> {
    const { shards, attempt } = this
    if (!this.isUp || !shards) throw new BusAwayError()
    const found = new Set<string>()
    for (const [shard, its] of shards.byShard(channels)) {
      for (let first = 0; first < its.length; first += AT_ONCE) {
        const reply = await shard
          .command('PUBSUB', 'SHARDNUMSUB', ...its.slice(first, first + AT_ONCE))
          .catch((error: unknown) => this.translate(attempt, error))
        const numbers = numbersReply.parse(reply)
        for (let index = 0; index < numbers.length; index += 2) {
          if (Number(numbers[index + 1]) > 0) found.add(String(numbers[index]))
        }
      }
    }
    return channels.map((channel) => found.has(channel))
  }

  /** What Redis refuses says that something has changed; a loss is dealt with where it is noticed. */
  private translate(attempt: number, error: unknown): never {
    if (error instanceof RedisLostError) throw new BusAwayError(error.wasSent, { cause: error })
    this.fail(attempt, error)
    throw new BusAwayError(false, { cause: error })
  }

  private channelOf(place: Place): string {
    return this.places + place
  }

  private channelOfInstance(instance: string): string {
    return `hub:${this.tag}:i:${instance}`
  }
}

/** Each instance would use the one that answers it first, and not find the others. */
class NoClusterError extends Error {
  constructor() {
    super('REDIS_URL: names several addresses, but Redis there is no cluster; name one')
    this.name = 'NoClusterError'
  }
}

/** Nothing of what Redis or the network said but a word of their own: the rest may quote anything. */
function codeOf(error: unknown): string {
  if (error instanceof RedisReplyError) return error.code
  const cause = error instanceof RedisLostError ? error.cause : error
  if (typeof cause !== 'object' || cause === null) return 'no answer'
  return 'code' in cause && typeof cause.code === 'string' ? cause.code : 'no answer'
}
