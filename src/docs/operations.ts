import type { Operation } from './operation.js'
import { DEVICE_OPERATIONS } from './operations/device.js'
import { HEALTH_OPERATIONS } from './operations/health.js'
import { LOGIN_OPERATIONS } from './operations/login.js'
import { NODE_OPERATIONS } from './operations/nodes.js'
import { OAUTH_OPERATIONS } from './operations/oauth.js'
import { PREKEY_OPERATIONS } from './operations/prekeys.js'
import { PROFILE_OPERATIONS } from './operations/profiles.js'
import { SESSION_OPERATIONS } from './operations/sessions.js'
import { SIGNALING_OPERATIONS } from './operations/signaling.js'

/** By method and path, as the document spells them. A route that is not here makes the test fail. */
export const OPERATIONS: ReadonlyMap<string, Operation> = new Map<string, Operation>([
  ...HEALTH_OPERATIONS,
  ...LOGIN_OPERATIONS,
  ...SESSION_OPERATIONS,
  ...OAUTH_OPERATIONS,
  ...DEVICE_OPERATIONS,
  ...NODE_OPERATIONS,
  ...PREKEY_OPERATIONS,
  ...PROFILE_OPERATIONS,
  ...SIGNALING_OPERATIONS,
])

/** Routes left out on purpose: for this machine only, or parts of a page. */
export const UNDOCUMENTED: readonly RegExp[] = [/^\/dev-login\//, /^\/docs\//]
