import { Module } from '@nestjs/common'

import { AccountsModule } from '../accounts/accounts.module.js'
import { AuthController } from './auth.controller.js'
import { DevLoginController } from './dev-login.controller.js'
import { DevProvider } from './dev-provider.js'
import { EventsController } from './events.controller.js'
import { LoginService } from './login.service.js'
import { LoginStateStore } from './login-state.store.js'
import { LogoutController } from './logout.controller.js'
import { Providers } from './providers.js'
import { RefreshController } from './refresh.controller.js'
import { SessionsController } from './sessions.controller.js'

@Module({
  imports: [AccountsModule],
  controllers: [
    AuthController,
    RefreshController,
    LogoutController,
    SessionsController,
    EventsController,
    DevLoginController,
  ],
  providers: [DevProvider, LoginService, LoginStateStore, Providers],
})
export class AuthModule {}
