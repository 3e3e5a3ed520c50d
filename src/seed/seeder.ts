import { randomBytes, randomUUID } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'

import { type NodeId, nodeIdSchema } from '../identity/node-id.js'
import type { AccessTokens } from '../tokens/access-token.js'
import type { Lines } from './copy.js'
import type { RealKey } from './key-pool.js'
import { makeProfile, randomAccountId, randomDay } from './person.js'
import type { SeedAccount, SeedNode } from './seed-rows.js'
import type { Insert, SeedStore } from './seed-store.js'

/** Accounts written at once. */
const BATCH = 500
/** Accounts made before the connection has its turn: Postgres writes while others are made. */
const TURN = 5
/** From so many accounts on, an empty database is filled without its indexes, which are made at the end. */
const MANY = 20_000

export interface SeedSize {
  /** Accounts with one registered node. */
  readonly nodes: number
  /** Accounts without a node. */
  readonly accounts: number
  /** Profiles, spread evenly over all of them. */
  readonly profiles: number
}

/** One line of the tokens file. */
export interface SeededToken {
  readonly node_id: NodeId | null
  readonly token: string
}

/** Some accounts, as they are written. */
interface Batch {
  readonly rows: readonly Lines[]
  readonly tokens: readonly SeededToken[]
}

type HandOver = (tokens: readonly SeededToken[]) => Promise<void>

/**
 * Makes up people with their nodes, profiles and logins, past all rules of the hub's routes.
 */
export class Seeder {
  constructor(
    private readonly store: SeedStore,
    private readonly accessTokens: AccessTokens,
    /**
     * The first nodes are these keys. The others have random identities of the right form and
     * borrow the key and certificate of one of these, which therefore name another node: enough for
     * every load but the checking of certificates.
     */
    private readonly keys: readonly RealKey[],
  ) {}

  /** Resolves with a token for each account, those with a node first. */
  async seed(size: SeedSize, now: Date): Promise<SeededToken[]> {
    const tokens: SeededToken[] = []
    await this.seedMany(size, now, (some) => {
      tokens.push(...some)
      return Promise.resolve()
    })
    return tokens
  }

  /** For more tokens than one would like to hold. */
  async seedMany(size: SeedSize, now: Date, handOver: HandOver): Promise<void> {
    const isMany = size.nodes + size.accounts >= MANY
    await this.store.write(isMany, (insert) => this.write(size, now, insert, handOver))
  }

  /** Makes the next batch while the one before is written. */
  private async write(
    size: SeedSize,
    now: Date,
    insert: Insert,
    handOver: HandOver,
  ): Promise<void> {
    const total = size.nodes + size.accounts
    let writing: Promise<unknown> = Promise.resolve()
    for (let first = 0; first < total; first += BATCH) {
      const making = this.makeBatch(first, Math.min(BATCH, total - first), size, now)
      const [batch] = await Promise.all([making, writing])
      writing = Promise.all([insert(batch.rows), handOver(batch.tokens)])
    }
    await writing
  }

  private async makeBatch(
    first: number,
    length: number,
    size: SeedSize,
    now: Date,
  ): Promise<Batch> {
    const accounts: SeedAccount[] = []
    while (accounts.length < length) {
      if (accounts.length % TURN === 0) await nextTurn()
      accounts.push(this.makeAccount(first + accounts.length, size, now))
    }
    const tokens = accounts.map((account) => this.tokenOf(account))
    return { rows: this.store.rowsOf(accounts, now), tokens }
  }

  private makeAccount(
    index: number,
    { nodes, accounts, profiles }: SeedSize,
    now: Date,
  ): SeedAccount {
    const id = randomAccountId()
    const hasProfile = isOneOf(index, profiles, nodes + accounts)
    return {
      id,
      sessionId: randomUUID(),
      email: `seed-${id}@example.invalid`,
      createdAt: randomDay(now),
      node: index < nodes ? this.makeNode(index) : null,
      profile: hasProfile ? makeProfile() : null,
    }
  }

  private makeNode(index: number): SeedNode {
    const key = this.keys[index % this.keys.length]
    if (!key) throw new Error('a seeder needs at least one key')
    const { publicKeyPem, certificatePem } = key
    if (index < this.keys.length) {
      const { spkiSha256, ids } = key
      return { spkiSha256, shortId: ids.short, longId: ids.long, publicKeyPem, certificatePem }
    }
    const digits = randomBytes(48).toString('hex')
    const longId = `dpc-node-${digits.slice(64)}`
    return {
      spkiSha256: digits.slice(0, 64),
      shortId: nodeIdSchema.parse(longId.slice(0, -16)),
      longId: nodeIdSchema.parse(longId),
      publicKeyPem,
      certificatePem,
    }
  }

  private tokenOf({ id, sessionId, node }: SeedAccount): SeededToken {
    const token = this.accessTokens.sign({ accountId: id, sessionId })
    return { node_id: node?.longId ?? null, token }
  }
}

/** Whether `index` is among `chosen` of `total`, evenly spread. */
function isOneOf(index: number, chosen: number, total: number): boolean {
  return Math.floor(((index + 1) * chosen) / total) > Math.floor((index * chosen) / total)
}
