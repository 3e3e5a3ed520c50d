import { randomBytes } from 'node:crypto'

import { Injectable } from '@nestjs/common'
import { z } from 'zod'

import { Clock } from '../common/clock.js'
import { DataKey } from '../database/data-key.js'
import { Database } from '../database/database.js'
import type { ProofKind } from '../identity/proof.js'

/** Time a node has to sign (CONTRACT §1). */
const CHALLENGE_SECONDS = 120
const BYTES = 32
const CHALLENGE_ID = /^[\w-]{43}$/
const HASH = 'challenge'

const payloadSchema = z.object({
  purpose: z.enum(['node-proof', 'node-login'] satisfies ProofKind[]),
  challenge: z.string(),
  account_id: z.int().nullable(),
})

/** What a node is to sign. */
export interface Challenge {
  /** base64url of 32 random bytes. */
  readonly challenge: string
  /** ISO 8601: the text that is signed. */
  readonly expiresAt: string
}

/** Who may answer a challenge, and for what. A login's is anybody's: the hub does not know whose yet. */
export interface ChallengeUse {
  readonly purpose: ProofKind
  readonly accountId: number | null
}

/** Challenges that wait for a signature. Each is found once, whichever instance asks. */
@Injectable()
export class ChallengeStore {
  constructor(
    private readonly database: Database,
    private readonly dataKey: DataKey,
    private readonly clock: Clock,
  ) {}

  /** Makes a challenge and keeps it under its id's keyed hash; housekeeping deletes it if nobody comes. */
  async add({ purpose, accountId }: ChallengeUse): Promise<Challenge & { challengeId: string }> {
    const challengeId = randomBytes(BYTES).toString('base64url')
    const challenge = randomBytes(BYTES).toString('base64url')
    const expiresAt = new Date(this.clock.now() + CHALLENGE_SECONDS * 1_000)
    const payload: z.output<typeof payloadSchema> = { purpose, challenge, account_id: accountId }
    await this.database.rows(
      'INSERT INTO challenges (hash, payload, expires_at) VALUES ($1, $2, $3)',
      [this.dataKey.mac(HASH, challengeId), JSON.stringify(payload), expiresAt],
    )
    return { challengeId, challenge, expiresAt: expiresAt.toISOString() }
  }

  /**
   * Uses the challenge up and resolves with it; null if there is none, it is too old, or it was made
   * for something or somebody else (which uses it up too). Index: challenges_pkey.
   */
  async take(challengeId: string, use: ChallengeUse): Promise<Challenge | null> {
    if (!CHALLENGE_ID.test(challengeId)) return null
    const [row] = await this.database.rows<{ payload: unknown; expires_at: Date }>(
      'DELETE FROM challenges WHERE hash = $1 RETURNING payload, expires_at',
      [this.dataKey.mac(HASH, challengeId)],
    )
    if (!row || row.expires_at.getTime() <= this.clock.now()) return null
    const { purpose, challenge, account_id: accountId } = payloadSchema.parse(row.payload)
    if (purpose !== use.purpose || accountId !== use.accountId) return null
    return { challenge, expiresAt: row.expires_at.toISOString() }
  }
}
