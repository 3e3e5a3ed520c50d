import { Controller, Get } from '@nestjs/common'

import { AccountStore } from '../accounts/account.store.js'
import type { Actor } from '../identity/actor.js'
import { CurrentActor } from '../tokens/decorators.js'
import { SessionEndedError } from '../tokens/tokens.errors.js'
import { ProfileStore } from './profile.store.js'
import { ownAnswerOf } from './profiles.controller.js'
import type { MeAnswer } from './profiles.schema.js'

/** What the hub knows of the caller. Classic clients ask it after each login. */
@Controller('users')
export class UsersController {
  constructor(
    private readonly accounts: AccountStore,
    private readonly profiles: ProfileStore,
  ) {}

  @Get('me')
  async me(@CurrentActor() { accountId, provider, node }: Actor): Promise<MeAnswer> {
    const [account, profile, last] = await Promise.all([
      this.accounts.find(accountId),
      this.profiles.find(accountId),
      node ?? this.profiles.lastNodeOf(accountId),
    ])
    if (!account) throw new SessionEndedError()
    return {
      id: account.id,
      email: account.email,
      node_id: last?.nodeId ?? null,
      // A node is registered only after every check of its certificate.
      node_id_verified: last !== null,
      provider,
      created_at: account.createdAt.toISOString(),
      profile: profile && ownAnswerOf(profile),
    }
  }
}
