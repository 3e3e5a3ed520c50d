import { createHmac, randomBytes } from 'node:crypto'

import { Injectable } from '@nestjs/common'

import { Clock } from '../common/clock.js'
import { HubConfig } from '../config/hub-config.js'
import type { IceServersAnswer } from './ice.schema.js'

/** Makes user names differ; nothing is looked up by it. */
const RANDOM_BYTES = 12
/** A list without credentials changes only with the hub's settings: a day. */
const STUN_TTL_SECONDS = 86_400

/**
 * The STUN and TURN servers that nodes are given. TURN credentials are in the form of coturn's
 * `use-auth-secret` (draft-uberti-behave-turn-rest-00): the TURN server checks them with the secret
 * it shares with the hub, and asks nobody.
 */
@Injectable()
export class IceServers {
  constructor(
    private readonly config: HubConfig,
    private readonly clock: Clock,
  ) {}

  /** Seconds until a list that is handed out now needs another one; null: it never does. */
  get renewAfterSeconds(): number | null {
    const { turn } = this.config.ice
    return turn && Math.floor((turn.ttlSeconds * 3) / 4)
  }

  /** A list with credentials of its own: whoever sees two cannot tell that one node asked for both. */
  mint(): IceServersAnswer {
    const { stunUrls, turn } = this.config.ice
    const stun = { urls: [...stunUrls] }
    if (!turn) return { ice_servers: [stun], ttl_seconds: STUN_TTL_SECONDS }
    const expiry = this.clock.seconds() + turn.ttlSeconds
    const username = `${expiry}:${randomBytes(RANDOM_BYTES).toString('base64url')}`
    const credential = createHmac('sha1', turn.secret.reveal()).update(username).digest('base64')
    return {
      ice_servers: [stun, { urls: [...turn.urls], username, credential }],
      ttl_seconds: turn.ttlSeconds,
    }
  }
}
