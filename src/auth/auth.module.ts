import { Module } from '@nestjs/common'

import { AccountsModule } from '../accounts/accounts.module.js'
import { Arrivals } from './arrivals.js'
import { AuthController } from './auth.controller.js'
import { DevLoginController } from './dev-login.controller.js'
import { DevProvider } from './dev-provider.js'
import { EventsController } from './events.controller.js'
import { LoginService } from './login.service.js'
import { LoginStateStore } from './login-state.store.js'
import { LogoutController } from './logout.controller.js'
import { AuthorizationCodeStore } from './oauth/authorization-code.store.js'
import { AuthorizeController } from './oauth/authorize.controller.js'
import { CodeGrant } from './oauth/code-grant.service.js'
import { DeviceApproval } from './oauth/device-approval.service.js'
import { DeviceAuthorizationController } from './oauth/device-authorization.controller.js'
import { DeviceCodeStore } from './oauth/device-code.store.js'
import { DeviceConfirmations } from './oauth/device-confirmation.store.js'
import { DeviceDoor } from './oauth/device-door.js'
import { DeviceGrant } from './oauth/device-grant.service.js'
import { DevicePageController } from './oauth/device-page.controller.js'
import { MetadataController } from './oauth/metadata.controller.js'
import { OAuthDoor } from './oauth/oauth-door.js'
import { TokenController } from './oauth/token.controller.js'
import { TokenInspectionController } from './oauth/token-inspection.controller.js'
import { UsedCodes } from './oauth/used-codes.js'
import { Providers } from './providers.js'
import { RefreshController } from './refresh.controller.js'
import { SessionsController } from './sessions.controller.js'
import { TicketController } from './ticket.controller.js'

@Module({
  imports: [AccountsModule],
  controllers: [
    AuthController,
    RefreshController,
    LogoutController,
    SessionsController,
    EventsController,
    TicketController,
    DevLoginController,
    AuthorizeController,
    TokenController,
    TokenInspectionController,
    DeviceAuthorizationController,
    DevicePageController,
    MetadataController,
  ],
  providers: [
    Arrivals,
    AuthorizationCodeStore,
    CodeGrant,
    DevProvider,
    DeviceApproval,
    DeviceCodeStore,
    DeviceConfirmations,
    DeviceDoor,
    DeviceGrant,
    LoginService,
    LoginStateStore,
    OAuthDoor,
    Providers,
    UsedCodes,
  ],
})
export class AuthModule {}
