import { randomBytes, randomUUID } from 'node:crypto'

import { type NodeId, nodeIdSchema } from '../identity/node-id.js'
import type { AccessTokens } from '../tokens/access-token.js'
import type { RealKey } from './key-pool.js'
import { makeProfile, randomAccountId, randomDay } from './person.js'
import type { SeedAccount, SeedNode, SeedStore } from './seed-store.js'

/** Accounts written in one transaction: each of its statements stays far below the pool's time limit. */
const BATCH = 500

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
    const total = size.nodes + size.accounts
    for (let first = 0; first < total; first += BATCH) {
      const length = Math.min(BATCH, total - first)
      const accounts = Array.from({ length }, (_, at) => this.makeAccount(first + at, size, now))
      await this.store.insert(accounts, now)
      tokens.push(...accounts.map((account) => this.tokenOf(account)))
    }
    return tokens
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
    const longId = `dpc-node-${randomBytes(16).toString('hex')}`
    return {
      spkiSha256: randomBytes(32).toString('hex'),
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
