import type { IncomingMessage } from 'node:http'

import type { BeforeApplicationShutdown } from '@nestjs/common'
import { type OnGatewayConnection, WebSocketGateway } from '@nestjs/websockets'

import { describeError } from '../common/describe-error.js'
import { HubConfig } from '../config/hub-config.js'
import type { ActorNode } from '../identity/actor.js'
import { Connection, type Delivery, type NodeActor } from '../routing/connection.js'
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
  modernSignalFrame,
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
    else if (admitted.kind === 'node') this.welcome(socket, request, admitted.actor)
    else this.awaitAuth(socket, request, admitted.address)
  }

  /** `auth_ok` is queued before the node is visible to anyone (CONTRACT §4.4). */
  private welcome(socket: HubSocket, request: IncomingMessage, actor: NodeActor): Client | null {
    if (socket.readyState !== socket.OPEN) return null
    if (this.admissions.hasEnded(actor)) {
      socket.close(closeCodes.sessionRevoked, 'the session has ended')
      return null
    }
    if (this.admissions.hasLostNode(actor)) {
      socket.close(closeCodes.nodeReleased, 'the node was released or taken over')
      return null
    }
    const { maxQueuedBytes } = this.config.signaling
    const connection = new Connection(
      actor,
      socket,
      request.socket,
      maxQueuedBytes,
      asksForVersion2(request),
    )
    const client = new Client(this, connection, new FrameQuota(this.rates, performance.now()))
    socket.belongTo(client)
    this.keeper.welcome(connection)
    connection.send(authOkFrame(actor.node.nodeId))
    this.connections.add(connection)?.close(closeCodes.replaced, 'a newer connection of this node')
    return client
  }

  private awaitAuth(socket: HubSocket, request: IncomingMessage, address: string): void {
    const newcomer = new Newcomer(socket, address, this.admissions, (actor) => {
      this.newcomers.delete(newcomer)
      return this.welcome(socket, request, actor)
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
    switch (this.deliver(target, client.connection.actor.node, payloadText)) {
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

  /** A target that is malformed, unknown or offline is `offline`, by the same steps. */
  private deliver(target: string, sender: ActorNode, payloadText: string): Delivery {
    const connection = this.router.find(target)
    if (!connection) return 'offline'
    return connection.send(
      connection.isModern
        ? modernSignalFrame(target, sender, payloadText)
        : signalFrame(target, sender.nodeId, payloadText),
    )
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

/** `?v=2`: the client knows more than the classic frames (CONTRACT §3). */
function asksForVersion2({ url = '/' }: IncomingMessage): boolean {
  return new URLSearchParams(url.split('?', 2)[1] ?? '').get('v') === '2'
}
