import type { IncomingMessage } from 'node:http'

import { type OnGatewayConnection, WebSocketGateway } from '@nestjs/websockets'

import { describeError } from '../common/describe-error.js'
import { HubConfig } from '../config/hub-config.js'
import { Connection, type NodeActor } from '../routing/connection.js'
import { ConnectionRegistry } from '../routing/connection-registry.js'
import { Forwarder, type Outcome } from '../routing/forwarder.js'
import { type CloseCode, closeCodes } from '../sockets/close-codes.js'
import type { HubSocket, SocketOwner } from '../sockets/hub-socket.js'
import { Admissions } from './admissions.js'
import { Liveness } from './liveness.js'
import { Newcomer } from './newcomer.js'
import { FrameQuota, type QuotaRates } from './frame-quota.js'
import { Calls } from './calls/calls.js'
import type { Client } from './client.js'
import { Deliveries } from './deliveries.js'
import { Greetings } from './greetings.js'
import { errorOf } from './outcome-errors.js'
import { type Frame, parseFrame, type Ref, type Refusal } from './protocol/frames.js'
import { ackFrame, type ErrorFrame, errorFrame, pongFrame } from './protocol/hub-frames.js'
import { Resumer } from './resumer.js'
import { Watches } from './watches/watches.js'

/** Errors that say what the hub or a target did. The rate of frames bounds them. */
const NOT_THEIR_DOING = new Set(['relay_failed', 'target_slow'])
const BINARY: Refusal = {
  type: 'refused',
  code: 'processing_error',
  message: 'binary frames are not read',
}

/** Whose a socket is: its connection, and what it may still send. */
class ConnectedClient implements Client, SocketOwner {
  isNew = true
  isRenewing = false

  constructor(
    private readonly gateway: SignalingGateway,
    readonly connection: Connection,
    readonly quota: FrameQuota,
  ) {}

  reply(frame: string): void {
    this.gateway.reply(this.connection, frame)
  }

  answer(frame: string): void {
    this.connection.sent?.keepAnswer(frame, performance.now())
    this.gateway.reply(this.connection, frame)
  }

  acknowledge(ref: Ref | null): void {
    if (ref !== null) this.answer(ackFrame(ref))
  }

  refuse(error: ErrorFrame): void {
    this.gateway.refuse(this, error)
  }

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
export class SignalingGateway implements OnGatewayConnection<HubSocket> {
  private readonly rates: QuotaRates
  private readonly newcomers = new Set<Newcomer>()

  constructor(
    private readonly config: HubConfig,
    private readonly admissions: Admissions,
    private readonly connections: ConnectionRegistry,
    private readonly liveness: Liveness,
    private readonly greetings: Greetings,
    private readonly deliveries: Deliveries,
    private readonly forwarder: Forwarder,
    private readonly resumer: Resumer,
    private readonly watches: Watches,
    private readonly calls: Calls,
  ) {
    const { framesPerSecond, frameBurst } = config.signaling
    this.rates = { isEnabled: config.limits.enabled, framesPerSecond, burst: frameBurst }
    connections.observe({
      draining: () => {
        for (const newcomer of this.newcomers) newcomer.sayGoodbye()
      },
    })
  }

  handleConnection(socket: HubSocket, request: IncomingMessage): void {
    socket.on('error', ignoreError)
    const admitted = this.admissions.take(request)
    if (!admitted) socket.terminate()
    else if (admitted.kind === 'node') this.welcome(socket, request, admitted.actor)
    else this.awaitAuth(socket, request, admitted.address)
  }

  /** `auth_ok` is queued before the node is visible to anyone (CONTRACT §4.4). */
  private welcome(
    socket: HubSocket,
    request: IncomingMessage,
    actor: NodeActor,
  ): ConnectedClient | null {
    if (socket.readyState !== socket.OPEN) return null
    if (this.connections.isDraining) {
      socket.close(closeCodes.restart, 'the hub restarts')
      return null
    }
    if (this.admissions.hasEnded(actor)) {
      socket.close(closeCodes.sessionRevoked, 'the session has ended')
      return null
    }
    if (this.admissions.hasLostNode(actor)) {
      socket.close(closeCodes.nodeReleased, 'the node was released or taken over')
      return null
    }
    const { maxQueuedBytes } = this.config.signaling
    const sent = asksForVersion2(request) ? this.resumer.begin() : null
    const connection = new Connection(
      this.admissions.upToDate(actor),
      socket,
      request.socket,
      maxQueuedBytes,
      sent,
    )
    const client = new ConnectedClient(
      this,
      connection,
      new FrameQuota(this.rates, performance.now()),
    )
    socket.belongTo(client)
    this.liveness.welcome(connection)
    connection.send(this.greetings.greet(connection))
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

  leave({ connection }: ConnectedClient): void {
    this.connections.remove(connection)
  }

  receive(client: ConnectedClient, text: string | null): void {
    const { connection, quota } = client
    // Until a peer has read that the hub restarts, what it signals counts.
    const isLeaving = !connection.isOpen
    if (isLeaving && connection.endedBy !== closeCodes.restart) return
    const isTaken = quota.takeFrame(performance.now())
    const frame = text === null ? BINARY : parseFrame(text)
    if (!isTaken) {
      const { retryAfterSeconds } = quota
      const ref = 'ref' in frame ? frame.ref : null
      client.refuse({ code: 'rate_limited', message: 'too many frames', ref, retryAfterSeconds })
      return
    }
    if (frame.type !== 'ping' && frame.type !== 'resume') client.isNew = false
    if (isLeaving && frame.type !== 'signal' && frame.type !== 'call_signal') return
    switch (frame.type) {
      case 'signal':
        this.relay(client, frame)
        return
      case 'ping':
        client.reply(pongFrame(frame.timestampText))
        return
      case 'auth':
        this.renew(client, frame.token)
        return
      case 'resume':
        this.resumer.resume(client, frame)
        return
      case 'watch':
        this.watches.watch(client, frame.nodeIds)
        return
      case 'unwatch':
        this.watches.unwatch(client, frame.nodeIds)
        return
      case 'join':
        this.calls.join(client, frame)
        return
      case 'leave':
        this.calls.leave(client, frame)
        return
      case 'close':
        this.calls.close(client, frame)
        return
      case 'call_signal':
        this.calls.signal(client, frame)
        return
      case 'refused':
        client.refuse(frame)
        return
    }
  }

  /**
   * Another token in place: the connection lives on with that token's session (CONTRACT §3). One at a
   * time, so that of two tokens the one that came later counts.
   */
  private renew(client: ConnectedClient, token: string): void {
    if (client.isRenewing) {
      client.refuse({ code: 'not_allowed', message: 'another auth frame is not answered yet' })
      return
    }
    const { connection } = client
    client.isRenewing = true
    this.admissions
      .renew(token, connection.actor)
      .finally(() => (client.isRenewing = false))
      .then(
        (actor) => {
          this.connections.change(connection, actor)
          client.reply(this.greetings.greet(connection))
        },
        (thrown: unknown) => {
          const { code, message, retryAfterSeconds } = describeError(thrown)
          const retry = retryAfterSeconds === null ? {} : { retryAfterSeconds }
          client.refuse({ code, message, ...retry })
        },
      )
  }

  /**
   * To the target's connection here, else to the other instances; also while an earlier one to the same
   * target is on its way there: a node that has just moved here gets them in their order all the same.
   */
  private relay(client: Client, { target, payloadText, ref }: Frame & { type: 'signal' }): void {
    const { connection } = client
    const sender = connection.actor.node
    if (!connection.isBehindItself(target) || this.forwarder.isAlone) {
      const delivery = this.deliveries.deliver(target, sender, payloadText)
      if (delivery !== 'offline') {
        this.report(client, target, ref, delivery)
        return
      }
    }
    connection.sentOn(target)
    this.forwarder.forward(target, sender, payloadText, (outcome) => {
      connection.answered(target)
      this.report(client, target, ref, outcome)
    })
  }

  /** The one answer to a signal. */
  private report(client: Client, target: string, ref: Ref | null, outcome: Outcome): void {
    if (outcome === 'delivered') client.acknowledge(ref)
    else client.refuse(errorOf(outcome, target, ref))
  }

  /** Who causes too many errors is closed; what others do is not counted. */
  refuse({ connection, quota }: ConnectedClient, error: ErrorFrame): void {
    const frame = errorFrame(error)
    if (error.ref !== undefined && error.ref !== null) {
      connection.sent?.keepAnswer(frame, performance.now())
    }
    this.reply(connection, frame)
    if (NOT_THEIR_DOING.has(error.code) || quota.takeError(performance.now())) return
    this.end(connection, closeCodes.policyViolation, 'too many errors')
  }

  /** A peer that does not read even its own answers is closed: nothing is dropped in silence. */
  reply(connection: Connection, frame: string): void {
    if (connection.send(frame) !== 'slow') return
    this.end(connection, closeCodes.tryAgainLater, 'frames pile up unread')
  }

  private end(connection: Connection, code: CloseCode, reason: string): void {
    connection.close(code, reason)
    this.connections.remove(connection)
  }
}

function ignoreError(): void {
  // `ws` closes the socket itself, with 1002, 1007 or 1009.
}

/** `?v=2`: the client knows more than the classic frames (CONTRACT §3). */
function asksForVersion2({ url = '/' }: IncomingMessage): boolean {
  return new URLSearchParams(url.split('?', 2)[1] ?? '').get('v') === '2'
}
