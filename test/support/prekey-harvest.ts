import { expect } from '@jest/globals'

import type { TestHub } from './hub.js'
import { oneTimePrekeys, publication, type Prekey } from './prekeys.js'
import type { TestNode } from './test-node.js'

/** A node that publishes one-time keys, and remembers all it ever did. */
export class Publisher {
  readonly published = new Map<number, string>()
  private readonly lasting

  constructor(readonly node: TestNode) {
    this.lasting = publication(node.identity.privateKey)
  }

  get id(): string {
    return this.node.id
  }

  /** Adds so many new keys and resolves with how many wait now. */
  async publish(count: number): Promise<number> {
    const keys = oneTimePrekeys(count, this.published.size + 1)
    for (const { key_id: id, public_key: key } of keys) this.published.set(id, key)
    const body = { ...this.lasting, one_time_prekeys: keys }
    const answer = await this.node.fetch('PUT', `/nodes/${this.id}/keys`, body)
    expect([answer.status, answer.body]).toEqual([200, expect.anything()])
    return answer.body.one_time
  }
}

export async function publishers(hub: TestHub, nodes: number, keys: number): Promise<Publisher[]> {
  const found: Publisher[] = []
  for (let count = 0; count < nodes; count++) {
    const publisher = new Publisher(await hub.registeredNode())
    await publisher.publish(keys)
    found.push(publisher)
  }
  return found
}

/** What many claimers were given of some nodes' one-time keys, all together. */
export class Harvest {
  /** While true, a node that has nothing left just now is asked again. */
  isGrowing = false
  /** Requests without an answer, or with 503: each may have used a key up. */
  unanswered = 0
  /** By node: every one-time key of every answer. */
  private readonly taken = new Map<string, Prekey[]>()
  private readonly waiting: { readonly size: number; readonly reached: () => void }[] = []

  constructor(
    private readonly hub: TestHub,
    private readonly publishers: readonly Publisher[],
  ) {
    for (const { id } of publishers) this.taken.set(id, [])
  }

  get size(): number {
    return [...this.taken.values()].reduce((sum, keys) => sum + keys.length, 0)
  }

  /** Resolves when so many keys have been handed out. */
  reaches(size: number): Promise<void> {
    if (this.size >= size) return Promise.resolve()
    return new Promise((reached) => this.waiting.push({ size, reached }))
  }

  /** Each claimer takes from every node in turn until none has anything left, or no answer comes. */
  async reap(origin: string, tokens: readonly string[]): Promise<void> {
    await Promise.all(tokens.map((token) => this.reapAs(origin, token)))
  }

  /**
   * No key was handed out twice, each was as published, and what was used up without being handed
   * out is no more than the requests that went unanswered.
   */
  async expectSound(): Promise<void> {
    let lost = 0
    for (const { id, published } of this.publishers) {
      const taken = this.taken.get(id) ?? []
      const left = await this.left(id)
      expect(new Set(taken.map(({ key_id: keyId }) => keyId)).size).toBe(taken.length)
      for (const { key_id: keyId, public_key: key } of taken) {
        expect(key).toBe(published.get(keyId))
        expect(left).not.toContain(keyId)
      }
      lost += published.size - taken.length - left.length
    }
    expect(lost).toBeGreaterThanOrEqual(0)
    expect(lost).toBeLessThanOrEqual(this.unanswered)
  }

  /** How many keys nobody has claimed. */
  async leftOver(): Promise<number> {
    const left = await Promise.all(this.publishers.map(({ id }) => this.left(id)))
    return left.flat().length
  }

  private async reapAs(origin: string, token: string): Promise<void> {
    const open = new Set(this.publishers.map(({ id }) => id))
    while (open.size > 0) {
      for (const id of open) {
        const prekey = await claimFrom(origin, id, token)
        if (prekey === 'unanswered') {
          this.unanswered += 1
          return
        }
        if (prekey) this.add(id, prekey)
        else if (!this.isGrowing) open.delete(id)
      }
    }
  }

  private add(nodeId: string, prekey: Prekey): void {
    this.taken.get(nodeId)?.push(prekey)
    const now = this.size
    for (const { size, reached } of this.waiting) if (now >= size) reached()
  }

  /** Ids that the hub would still hand out. */
  private async left(nodeId: string): Promise<number[]> {
    const rows = await this.hub.database.query<{ key_id: string }>(
      `SELECT p.key_id FROM prekeys p JOIN nodes n ON n.spki_sha256 = p.node
        WHERE n.node_id = $1 AND p.kind = 'one_time' AND p.claimed_at IS NULL`,
      [nodeId],
    )
    return rows.map(({ key_id: id }) => Number(id))
  }
}

/** The one-time key of one claim, null without one. */
async function claimFrom(
  origin: string,
  nodeId: string,
  token: string,
): Promise<Prekey | null | 'unanswered'> {
  const request = { method: 'POST', headers: { authorization: `Bearer ${token}` } }
  // Whatever breaks: the connection, or the answer in its middle.
  const answer = await fetch(`${origin}/nodes/${nodeId}/keys/claim`, request).catch(() => null)
  const body: any = await answer?.json().catch(() => null)
  if (!answer || !body || answer.status === 503) return 'unanswered'
  if (answer.status === 200) return body.one_time_prekey
  throw new Error(`claim: ${answer.status} ${JSON.stringify(body)}`)
}
