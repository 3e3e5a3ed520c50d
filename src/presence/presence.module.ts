import { Module } from '@nestjs/common'

import { LiveAccounts } from './live-accounts.js'
import { Presence } from './presence.js'

@Module({ providers: [Presence, LiveAccounts], exports: [Presence, LiveAccounts] })
export class PresenceModule {}
