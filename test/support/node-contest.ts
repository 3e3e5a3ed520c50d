import { expect } from '@jest/globals'

import type { TestHub } from './hub.js'
import { proofText, type SentChallenge, signText } from './node-proof.js'
import type { TestDatabase } from './postgres.js'
import type { TestNode } from './test-node.js'

/** What the database says of a node at one moment. */
export interface Standing {
  readonly owner: number
  readonly isProven: boolean
}

/** Null if nobody has it. Fails the test if two have it, or a session speaks for what is not its account's. */
export async function standingOf(
  database: TestDatabase,
  spkiSha256: string,
): Promise<Standing | null> {
  const rows = await database.query<{ owner: number; is_proven: boolean; strangers: number }>(
    `SELECT n.account_id AS owner, n.proven_at IS NOT NULL AS is_proven,
            (SELECT count(*) FROM sessions s
              WHERE s.node = n.spki_sha256 AND s.account_id <> n.account_id) AS strangers
       FROM nodes n WHERE n.spki_sha256 = $1`,
    [spkiSha256],
  )
  expect(rows.length).toBeLessThanOrEqual(1)
  const [row] = rows
  if (!row) return null
  expect(row.strangers).toBe(0)
  return { owner: row.owner, isProven: row.is_proven }
}

/** How an attempt ended: `201`, `400 node_taken`; `none` when the hub was gone. */
export type Ending = string

/**
 * Many accounts that want one node: the even ones by its certificate alone, the odd ones with proof of its
 * key. None of them ever asks for a transfer.
 */
export class NodeContest {
  /** Every ending there was. */
  readonly endings: Ending[] = []
  private readonly waiting: { count: number; reached: () => void }[] = []

  private constructor(
    private readonly hub: TestHub,
    private readonly contestants: readonly TestNode[],
  ) {}

  static async between(hub: TestHub, identity: TestNode['identity'], size: number) {
    const all = Array.from({ length: size }, () => hub.nodeOf(identity))
    return new NodeContest(hub, await Promise.all(all))
  }

  get spkiSha256(): string {
    return this.contestants[0]?.identity.spkiSha256 ?? ''
  }

  /** All at once, each as often as told, at the instance that listens there. */
  async race(origin: string, times: number): Promise<void> {
    await Promise.all(
      this.contestants.map(async (contestant, index) => {
        for (let time = 0; time < times; time++) {
          this.note(await this.attempt(origin, contestant, index % 2 === 1))
        }
      }),
    )
  }

  /** Resolves when so many attempts have ended. */
  reaches(count: number): Promise<void> {
    if (this.endings.length >= count) return Promise.resolve()
    return new Promise((reached) => this.waiting.push({ count, reached }))
  }

  /**
   * What is written down is whole: at most one owner; its session is bound; and what each account can read
   * of the node, won and lost, adds up to who has it.
   */
  async expectSound(): Promise<Standing | null> {
    const { database } = this.hub
    const standing = await standingOf(database, this.spkiSha256)
    const bound = await database.query<{ account_id: number }>(
      'SELECT DISTINCT account_id FROM sessions WHERE node = $1',
      [this.spkiSha256],
    )
    const owner = standing ? [standing.owner] : []
    expect(bound.map((row) => row.account_id)).toEqual(owner)
    const ledger = await database.query<{ account_id: number; balance: number }>(
      `SELECT account_id,
              sum(CASE kind WHEN 'node_taken_over' THEN -1 ELSE 1 END)::int AS balance
         FROM audit_events WHERE kind IN ('node_registered', 'node_proven', 'node_taken_over')
        GROUP BY account_id`,
    )
    const holders = ledger.filter(({ balance }) => balance !== 0)
    expect(holders).toEqual(owner.map((each) => ({ account_id: each, balance: 1 })))
    return standing
  }

  private note(ending: Ending): void {
    this.endings.push(ending)
    for (const { count, reached } of this.waiting) if (this.endings.length >= count) reached()
  }

  private async attempt(origin: string, node: TestNode, proves: boolean): Promise<Ending> {
    const { nodeId, publicKeyPem, certificatePem: certificate } = node.identity
    try {
      if (!proves) {
        const body = { node_id: nodeId, public_key: publicKeyPem, certificate }
        return endingOf(await post(origin, '/register-node-id', node.token, body))
      }
      const asked = await post(origin, '/nodes/challenge', node.token, {})
      if (asked.status !== 201) return endingOf(asked)
      return endingOf(await post(origin, '/nodes', node.token, this.proof(node, asked.body)))
    } catch {
      return 'none'
    }
  }

  private proof({ accountId, identity }: TestNode, sent: SentChallenge) {
    const { nodeId, spkiSha256, privateKey, certificatePem: certificate } = identity
    const text = proofText({
      label: 'dpc-hub node-proof v1',
      origin: this.hub.url,
      account: String(accountId),
      nodeId,
      spkiSha256,
      challenge: sent.challenge,
      expiresAt: sent.expires_at,
    })
    return { certificate, challenge_id: sent.challenge_id, signature: signText(privateKey, text) }
  }
}

interface Posted {
  readonly status: number
  readonly body: any
}

async function post(origin: string, path: string, token: string, body: unknown): Promise<Posted> {
  const response = await fetch(origin + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return { status: response.status, body: await response.json() }
}

function endingOf({ status, body }: Posted): Ending {
  return [status, body.error_code].filter((each) => each !== undefined).join(' ')
}
