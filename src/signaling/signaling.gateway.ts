import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'

import type { BeforeApplicationShutdown } from '@nestjs/common'
import { type OnGatewayConnection, WebSocketGateway } from '@nestjs/websockets'

import { describeError } from '../common/describe-error.js'
import { HubConfig } from '../config/hub-config.js'
import { Connection, type NodeActor } from '../routing/connection.js'
import { ConnectionRegistry } from '../routing/connection-registry.js'
import { SignalRouter } from '../routing/signal-router.js'
import { closeCodes } from '../sockets/close-codes.js'
import type { HubSocket, SocketOwner } from '../sockets/hub-socket.js'
import { Admissions } from './admissions.js'
import { ConnectionKeeper } from './connection-keeper.js'
import { Newcomer } from './newcomer.js'
import { FrameQuota, type QuotaRates } from './frame-quota.js'
import {
  authOkFrame,
  type ErrorFrame,
  errorFrame,
  type Frame,
  parseFrame,
  pongFrame,
  signalFrame,
} from './protocol/frames.js'

/** Whose a socket is: its connection, and what it may still send. */
class Client implements SocketOwner {
  constructor(
    private readonly gateway: SignalingGateway,
    readonly connection: Connection,
    readonly quota: FrameQuota,
  ) {}

  receive(text: string | null): void {
    this.gateway.receive(this, text)
  }

  leave(): void {
    this.gateway.leave(this)
  }
}

/**
 * The edge that nodes connect to. A frame goes HubSocket → `receive` → parseFrame → SignalRouter → the
 * target's Connection, in one synchronous go.
 */
@WebSocketGateway({ path: '/ws/signal' })
export class SignalingGateway implements OnGatewayConnection<HubSocket>, BeforeApplicationShutdown {
  private readonly rates: QuotaRates
  private readonly newcomers = new Set<Newcomer>()

  constructor(
    private readonly config: HubConfig,
    private readonly admissions: Admissions,
    private readonly connections: ConnectionRegistry,
    private readonly keeper: ConnectionKeeper,
    private readonly router: SignalRouter,
  ) {
    const { framesPerSecond, frameBurst } = config.signaling
    this.rates = { isEnabled: config.limits.enabled, framesPerSecond, burst: frameBurst }
  }

  handleConnection(socket: HubSocket, request: IncomingMessage): void {
    socket.on('error', ignoreError)
    const admitted = this.admissions.take(request)
    if (!admitted) socket.terminate()
    else if (admitted.kind === 'node') this.welcome(socket, request.socket, admitted.actor)
    else this.awaitAuth(socket, request.socket, admitted.address)
  }

  /** `auth_ok` is queued before the node is visible to anyone (CONTRACT §4.4). */
  private welcome(socket: HubSocket, stream: Socket, actor: NodeActor): Client | null {
    if (socket.readyState !== socket.OPEN) return null
    if (this.admissions.hasEnded(actor)) {
      socket.close(closeCodes.sessionRevoked, 'the session has ended')
      return null
    }
    const { maxQueuedBytes } = this.config.signaling
    const connection = new Connection(actor, socket, stream, maxQueuedBytes)
    const client = new Client(this, connection, new FrameQuota(this.rates, performance.now()))
    socket.belongTo(client)
    this.keeper.welcome(connection)
    connection.send(authOkFrame(actor.node.nodeId))
    this.connections.add(connection)?.close(closeCodes.replaced, 'a newer connection of this node')
    return client
  }

  private awaitAuth(socket: HubSocket, stream: Socket, address: string): void {
    const newcomer = new Newcomer(socket, address, this.admissions, (actor) => {
      this.newcomers.delete(newcomer)
      return this.welcome(socket, stream, actor)
    })
    this.newcomers.add(newcomer)
    socket.once('close', () => this.newcomers.delete(newcomer))
    socket.belongTo(newcomer)
  }

  beforeApplicationShutdown(): void {
    for (const newcomer of this.newcomers) newcomer.sayGoodbye()
  }

  leave({ connection }: Client): void {
    this.connections.remove(connection)
  }

  receive(client: Client, text: string | null): void {
    const { connection, quota } = client
    if (!connection.isOpen) return
    if (!quota.takeFrame(performance.now())) {
      const retryAfterSeconds = quota.retryAfterSeconds
      this.refuse(client, { code: 'rate_limited', message: 'too many frames', retryAfterSeconds })
      return
    }
    if (text === null) {
      this.refuse(client, { code: 'processing_error', message: 'binary frames are not read' })
      return
    }
    const frame = parseFrame(text)
    switch (frame.type) {
      case 'signal':
        this.relay(client, frame)
        return
      case 'ping':
        this.reply(connection, pongFrame(frame.timestampText))
        return
      case 'auth':
        this.renew(client, frame.token)
        return
      case 'refused':
        this.refuse(client, frame)
        return
    }
  }

  /** Another token in place: the connection lives on with that token's session (CONTRACT §3). */
  private renew(client: Client, token: string): void {
    const { connection } = client
    this.admissions.renew(token, connection.actor).then(
      (actor) => {
        connection.actor = actor
        this.reply(connection, authOkFrame(actor.node.nodeId))
      },
      (thrown: unknown) => {
        const { code, message } = describeError(thrown)
        this.refuse(client, { code, message })
      },
    )
  }

  private relay(client: Client, { target, payloadText }: Frame & { type: 'signal' }): void {
    const frame = signalFrame(target, client.connection.actor.node.nodeId, payloadText)
    switch (this.router.deliver(target, frame)) {
      case 'delivered':
        return
      case 'offline':
        this.refuse(client, {
          code: 'target_offline',
          message: 'the target is not connected',
          target,
        })
        return
      case 'slow':
        this.refuse(client, {
          code: 'target_slow',
          message: 'the target does not read its frames fast enough',
          target,
          retryAfterSeconds: 1,
        })
        return
    }
  }

  /** Exactly one error for a frame that is not taken. Who causes too many is closed. */
  private refuse(client: Client, error: ErrorFrame): void {
    this.reply(client.connection, errorFrame(error))
    if (client.quota.takeError(performance.now())) return
    this.connections.remove(client.connection)
    client.connection.close(closeCodes.policyViolation, 'too many errors')
  }

  /** A peer that does not read even its own answers is closed: nothing is dropped in silence. */
  private reply(connection: Connection, frame: string): void {
    if (connection.send(frame) !== 'slow') return
    this.connections.remove(connection)
    connection.close(closeCodes.tryAgainLater, 'frames pile up unread')
  }
}

function ignoreError(): void {
  // `ws` closes the socket itself, with 1002, 1007 or 1009.
}
