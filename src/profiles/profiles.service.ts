import { Injectable } from '@nestjs/common'

import { Clock } from '../common/clock.js'
import { Database } from '../database/database.js'
import { isForeignKeyViolation } from '../database/postgres-errors.js'
import { NodeStore } from '../nodes/node.store.js'
import { RevocationFeed } from '../tokens/revocation-feed.js'
import { SessionEndedError } from '../tokens/tokens.errors.js'
import { type Profile, ProfileStore } from './profile.store.js'
import type { PutProfile } from './profiles.schema.js'

/** Publishes a profile, and removes it with everything else its account has here. */
@Injectable()
export class ProfilesService {
  constructor(
    private readonly profiles: ProfileStore,
    private readonly nodes: NodeStore,
    private readonly database: Database,
    private readonly feed: RevocationFeed,
    private readonly clock: Clock,
  ) {}

  /** @throws SessionEndedError  the account was deleted meanwhile */
  async publish(accountId: number, profile: PutProfile): Promise<Profile> {
    try {
      return await this.profiles.save(accountId, profile, this.clock.date())
    } catch (error) {
      if (!isForeignKeyViolation(error, 'profiles_account_id_fkey')) throw error
      throw new SessionEndedError()
    }
  }

  /**
   * Deletes the account, and by cascade its identities, nodes, profile, skills and sessions. What
   * stays is a keyed hash of each node, for 30 days, so that nobody takes its id without its key.
   *
   * The account's row is locked first: whoever adds to the account at the same time is either done
   * and deleted with it, or finds it gone. Sessions are locked in the order in which refreshes lock
   * them. Repeating it is harmless.
   */
  async deleteAccount(accountId: number): Promise<void> {
    await this.database.transaction(async (queries) => {
      // Index: accounts_pkey.
      await queries.rows('SELECT FROM accounts WHERE id = $1 FOR UPDATE', [accountId])
      // Index: sessions_account_id_idx.
      await queries.rows('SELECT FROM sessions WHERE account_id = $1 ORDER BY id FOR UPDATE', [
        accountId,
      ])
      await this.nodes.bury(accountId, queries, this.clock.date())
      // Index: accounts_pkey; the cascade uses the index on account_id of each table.
      await queries.rows('DELETE FROM accounts WHERE id = $1', [accountId])
    })
    this.feed.announce({ kind: 'account', accountId })
  }
}
