import { Injectable } from '@nestjs/common'

import { Clock } from '../common/clock.js'
import { isForeignKeyViolation } from '../database/postgres-errors.js'
import { SessionEndedError } from '../tokens/tokens.errors.js'
import { VisibilityFeed } from '../tokens/visibility-feed.js'
import { type Profile, ProfileStore } from './profile.store.js'
import type { PutProfile } from './profiles.schema.js'
import { SkillDictionary } from './skill-dictionary.js'

/** Publishes profiles. */
@Injectable()
export class ProfilesService {
  constructor(
    private readonly profiles: ProfileStore,
    private readonly dictionary: SkillDictionary,
    private readonly visibility: VisibilityFeed,
    private readonly clock: Clock,
  ) {}

  /** @throws SessionEndedError  the account was deleted meanwhile */
  async publish(accountId: number, profile: PutProfile): Promise<Profile> {
    const published = await this.save(accountId, profile)
    this.dictionary.settleSoon()
    if (profile.presence !== null) {
      this.visibility.announce({ accountId, isHidden: published.presence === 'nobody' })
    }
    return published
  }

  private async save(accountId: number, profile: PutProfile): Promise<Profile> {
    try {
      return await this.profiles.save(accountId, profile, this.clock.date())
    } catch (error) {
      if (!isForeignKeyViolation(error, 'profiles_account_id_fkey')) throw error
      throw new SessionEndedError()
    }
  }
}
