import { Injectable } from '@nestjs/common'

import { HubConfig } from '../config/hub-config.js'
import type { Connection } from '../routing/connection.js'
import { IceRenewals } from './ice-renewals.js'
import { MAX_FRAME_DEPTH } from './protocol/frame-text.js'
import { authOkFrame, modernAuthOkFrame, type Welcome } from './protocol/hub-frames.js'

/** Nodes that one connection may watch, and members that one call may have. */
export const MAX_WATCHED = 200
export const MAX_CALL_MEMBERS = 32

/** Writes `auth_ok`: the first frame of every connection, and the answer to a new token. */
@Injectable()
export class Greetings {
  private readonly limits: Welcome['limits']

  constructor(
    private readonly iceRenewals: IceRenewals,
    config: HubConfig,
  ) {
    const { maxFrameBytes, framesPerSecond, frameBurst } = config.signaling
    this.limits = {
      frameBytes: maxFrameBytes,
      frameDepth: MAX_FRAME_DEPTH,
      framesPerSecond,
      frameBurst,
      watchedNodes: MAX_WATCHED,
      callMembers: MAX_CALL_MEMBERS,
    }
  }

  greet(connection: Connection): string {
    const { actor, sent, pingSeconds } = connection
    const { nodeId } = actor.node
    if (!sent) return authOkFrame(nodeId)
    return modernAuthOkFrame({
      nodeId,
      connectionId: sent.connectionId,
      pingIntervalMs: pingSeconds * 1_000,
      limits: this.limits,
      iceServers: this.iceRenewals.listFor(connection),
    })
  }
}
