import { Body, Controller, Delete, Get, HttpCode, Param, Put } from '@nestjs/common'

import type { Actor } from '../identity/actor.js'
import { RateLimit } from '../limits/rate-limit.guard.js'
import { CurrentActor } from '../tokens/decorators.js'
import { AccountDeletion } from './account-deletion.js'
import { NodeNames } from './node-names.js'
import { type Profile, ProfileStore } from './profile.store.js'
import { ProfileNotFoundError } from './profiles.errors.js'
import {
  expertiseOf,
  namedAs,
  type NodeProfileAnswer,
  type OwnProfileAnswer,
  type ProfileAnswer,
  profileParams,
  type ProfileParams,
  type PutProfile,
  putProfileBody,
} from './profiles.schema.js'
import { ProfilesService } from './profiles.service.js'

@Controller('profile')
export class ProfilesController {
  constructor(
    private readonly service: ProfilesService,
    private readonly profiles: ProfileStore,
    private readonly names: NodeNames,
    private readonly deletion: AccountDeletion,
  ) {}

  @Get()
  async own(@CurrentActor() { accountId }: Actor): Promise<OwnProfileAnswer> {
    const profile = await this.profiles.find(accountId)
    if (!profile) throw new ProfileNotFoundError('you have no profile yet: PUT /profile makes one')
    return ownAnswerOf(profile)
  }

  @Put()
  @RateLimit('profile')
  async publish(
    @CurrentActor() { accountId }: Actor,
    @Body({ schema: putProfileBody }) body: PutProfile,
  ): Promise<OwnProfileAnswer> {
    return ownAnswerOf(await this.service.publish(accountId, body))
  }

  /** Names the account's most recently connected live node, else the last registered (CONTRACT §1). */
  @Get(':node_id')
  async ofNode(
    @CurrentActor() actor: Actor,
    @Param({ schema: profileParams }) params: ProfileParams,
  ): Promise<NodeProfileAnswer> {
    const unknown = 'no profile is published under this node id'
    const profile = await this.profiles.findByNode(params.node_id)
    if (!profile || !isShownTo(actor, profile)) throw new ProfileNotFoundError(unknown)
    const lastNode = await this.profiles.lastNodeOf(profile.accountId)
    if (!lastNode) throw new ProfileNotFoundError(unknown)
    const names = await this.names.name([{ profile, lastNode }])
    return { ...answerOf(profile), ...namedAs(names.get(profile.accountId) ?? lastNode) }
  }

  @Delete()
  @RateLimit('delete')
  @HttpCode(204)
  async deleteAccount(@CurrentActor() actor: Actor): Promise<void> {
    await this.deletion.delete(actor)
  }
}

/** A hidden profile is there for its owner alone; to others it is as one that was never published. */
function isShownTo({ accountId }: Actor, profile: Profile): boolean {
  return profile.visibility === 'hub' || profile.accountId === accountId
}

/** What its owner is told. Nothing of what is as classic clients expect it. */
export function ownAnswerOf(profile: Profile): OwnProfileAnswer {
  const { visibility, presence } = profile
  return {
    ...answerOf(profile),
    ...(visibility === 'hub' ? {} : { visibility }),
    ...(presence === 'everyone' ? {} : { presence }),
  }
}

function answerOf(profile: Profile): ProfileAnswer {
  const { languages, availability, links } = profile
  return {
    name: profile.name,
    description: profile.description,
    expertise: expertiseOf(profile.skills),
    compute: profile.compute,
    p2p_uri_hint: profile.p2pUriHint,
    user_id: profile.accountId,
    updated_at: profile.updatedAt.toISOString(),
    ...(languages.length > 0 ? { languages: [...languages] } : {}),
    ...(availability === null ? {} : { availability }),
    ...(links.length > 0 ? { links: [...links] } : {}),
  }
}
