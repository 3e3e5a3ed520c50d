import type { IncomingMessage } from 'node:http'

import { Injectable } from '@nestjs/common'

import { HubError, InvalidRequestError, RateLimitedError } from '../common/hub-error.js'
import { HubConfig } from '../config/hub-config.js'
import type { Actor } from '../identity/actor.js'
import { ClientAddresses, countedAddress } from '../limits/client-address.js'
import { Limits } from '../limits/limits.js'
import type { NodeActor } from '../routing/connection.js'
import { ConnectionRegistry } from '../routing/connection-registry.js'
import { NodePlaces } from '../routing/node-places.js'
import { SessionMemory } from '../tokens/session-memory.js'
import { TokenVerifier } from '../tokens/token-verifier.js'
import { type Credentials, credentialsOf } from '../tokens/credentials.js'
import { VisibilityFeed } from '../tokens/visibility-feed.js'
import {
  NodeNotRegisteredError,
  NoRoomError,
  OriginNotAllowedError,
  ReplacedTooOftenError,
} from './signaling.errors.js'

/** Sockets that may wait for their first frame to say who they are (CONTRACT §3). */
const MAX_NAMELESS = 1_000
const MAX_NAMELESS_PER_ADDRESS = 10

/** Who a socket belongs to: a node, or nobody yet, counted by address until it says. */
export type Admitted =
  | { readonly kind: 'node'; readonly actor: NodeActor }
  | { readonly kind: 'nameless'; readonly address: string }

/** What a socket is opened with: a token, or a ticket that stands for one. */
type Shown = Credentials | { readonly ticket: string }

/** Decides before the upgrade who gets a socket. */
@Injectable()
export class Admissions {
  /** Upgrades under way: null until admitted. Each holds a place. */
  private readonly underWay = new Map<IncomingMessage, Admitted | null>()
  private readonly namelessByAddress = new Map<string, number>()
  private nameless = 0
  /** When the asking for an actor began, by `performance.now()`: what happened to its node since counts. */
  private readonly verifiedAt = new WeakMap<NodeActor, number>()

  constructor(
    private readonly config: HubConfig,
    private readonly verifier: TokenVerifier,
    private readonly memory: SessionMemory,
    private readonly connections: ConnectionRegistry,
    private readonly limits: Limits,
    private readonly addresses: ClientAddresses,
    private readonly visibility: VisibilityFeed,
    private readonly places: NodePlaces,
  ) {}

  /**
   * @throws NoRoomError, OriginNotAllowedError, NodeNotRegisteredError, ReplacedTooOftenError
   * @throws InvalidTokenError, TokenExpiredError, SessionEndedError, UnavailableError  (of the token)
   * @throws InvalidTicketError  (of the ticket)
   * @throws DpopRequiredError, InvalidDpopProofError, UseDpopNonceError  (of the key it is bound to)
   * @throws RateLimitedError  30 upgrades a minute of one node, or 30 failed ones of one address
   * @throws InvalidRequestError  the client has hung up
   */
  async admit(request: IncomingMessage): Promise<void> {
    const address = countedAddress(this.addresses.of(request))
    this.checkRoom()
    this.underWay.set(request, null)
    try {
      this.underWay.set(request, await this.judge(request, address))
    } catch (error) {
      this.forget(request)
      await this.countFailure(error, address)
      throw error
    }
  }

  /** What `admit` decided; once. A nameless socket is counted from here until `release`. */
  take(request: IncomingMessage): Admitted | null {
    const admitted = this.underWay.get(request) ?? null
    this.forget(request)
    if (admitted?.kind === 'nameless') {
      this.nameless++
      this.namelessByAddress.set(admitted.address, this.namelessFrom(admitted.address) + 1)
    }
    return admitted
  }

  /** The upgrade is over, whatever became of it. */
  forget(request: IncomingMessage): void {
    this.underWay.delete(request)
  }

  /** The node that the token of an auth frame speaks for. Failures count against `address`. */
  async identify(token: string, address: string, isGone: () => boolean): Promise<NodeActor> {
    try {
      return await this.newcomer({ token, dpop: null }, isGone)
    } catch (error) {
      await this.countFailure(error, address)
      throw error
    }
  }

  /**
   * Another token for a connection that is open: of the same node, maybe of another session.
   *
   * @throws NodeNotRegisteredError  it is of another node, or of none
   * @throws RateLimitedError  it counts as an upgrade of the node, whose work it is
   */
  async renew(token: string, { node }: NodeActor): Promise<NodeActor> {
    await this.limits.take('upgrade', node.spkiSha256)
    const since = performance.now()
    const actor = await this.verifier.verifyAnew({ token, dpop: null })
    if (!hasNode(actor) || actor.node.spkiSha256 !== node.spkiSha256) {
      throw new NodeNotRegisteredError()
    }
    this.verifiedAt.set(actor, since)
    return this.upToDate(actor)
  }

  /** Heard since the token was verified: between the two the upgrade took its time. */
  hasEnded(actor: NodeActor): boolean {
    return this.memory.hasEnded(actor)
  }

  /** The same of its node: released, or taken over. */
  hasLostNode(actor: NodeActor): boolean {
    return this.memory.hasLostNode(actor, this.verifiedAt.get(actor) ?? 0)
  }

  /** With what was heard since then of who may see the node. */
  upToDate(actor: NodeActor): NodeActor {
    const since = this.verifiedAt.get(actor) ?? 0
    const isHidden = this.visibility.announcedSince(actor.accountId, since) ?? actor.isHidden
    return isHidden === actor.isHidden ? actor : { ...actor, isHidden }
  }

  /** A nameless socket has said who it is, or is gone. */
  release(address: string): void {
    this.nameless--
    const left = this.namelessFrom(address) - 1
    if (left > 0) this.namelessByAddress.set(address, left)
    else this.namelessByAddress.delete(address)
  }

  private checkRoom(): void {
    if (this.connections.isDraining) throw new NoRoomError('this instance is stopping')
    const sockets = this.connections.size + this.nameless + this.underWay.size
    if (sockets >= this.config.signaling.maxConnections) {
      throw new NoRoomError('this instance holds as many sockets as its operator allows')
    }
  }

  /** A browser says where its page is from; a program says nothing (RFC 6455 §10.2). */
  private checkOrigin({ headers }: IncomingMessage): void {
    const { origin } = headers
    if (origin === undefined || origin === this.config.http.publicUrl) return
    if (!this.config.http.allowedOrigins.includes(origin)) throw new OriginNotAllowedError()
  }

  private async judge(request: IncomingMessage, address: string): Promise<Admitted> {
    this.checkOrigin(request)
    const shown = this.shownIn(request)
    const { socket } = request
    const isGone = (): boolean => !socket.readable || !socket.writable
    if (shown) return { kind: 'node', actor: await this.newcomer(shown, isGone) }
    if (this.nameless >= MAX_NAMELESS || this.namelessFrom(address) >= MAX_NAMELESS_PER_ADDRESS) {
      throw new NoRoomError(
        'too many sockets wait for their auth frame: put the token in the upgrade',
      )
    }
    return { kind: 'nameless', address }
  }

  /** The node that a token or a ticket speaks for, if it may open one more connection now. */
  private async newcomer(shown: Shown, isGone: () => boolean): Promise<NodeActor> {
    const since = performance.now()
    const actor =
      'ticket' in shown
        ? await this.verifier.verifyTicket(shown.ticket)
        : await this.verifier.verifyAnew(shown)
    if (!hasNode(actor)) throw new NodeNotRegisteredError()
    this.verifiedAt.set(actor, since)
    const { spkiSha256, shortId } = actor.node
    await this.limits.take('upgrade', spkiSha256)
    if (this.connections.get(shortId) || (await this.places.isElsewhere(shortId))) {
      await this.countReplacement(spkiSha256)
    }
    // What follows closes the node's connection elsewhere.
    if (isGone()) throw new InvalidRequestError('the client has hung up')
    await this.places.expect(shortId)
    return actor
  }

  /** `?token=`, else the Authorization header, else `?ticket=`; null when there is none of them. */
  private shownIn({ url = '/', headers }: IncomingMessage): Shown | null {
    const [path = '/', search = ''] = url.split('?', 2)
    const query = new URLSearchParams(search)
    const token = query.get('token')
    if (token !== null) return { token, dpop: null }
    if (headers.authorization !== undefined) {
      return credentialsOf(headers, 'GET', this.config.http.publicUrl + path)
    }
    const ticket = query.get('ticket')
    return ticket === null ? null : { ticket }
  }

  private namelessFrom(address: string): number {
    return this.namelessByAddress.get(address) ?? 0
  }

  /** Refusals that are the caller's own doing. @throws RateLimitedError */
  private async countFailure(error: unknown, address: string): Promise<void> {
    if (error instanceof HubError && (error.status === 401 || error.status === 403)) {
      await this.limits.take('failed_upgrade', address)
    }
  }

  private async countReplacement(spkiSha256: string): Promise<void> {
    try {
      await this.limits.take('replacement', spkiSha256)
    } catch (error) {
      if (error instanceof RateLimitedError)
        throw new ReplacedTooOftenError(error.retryAfterSeconds)
      throw error
    }
  }
}

/** NOTE: a copy made by spreading would have a shape of its own in V8: 400 bytes for each socket. */
function hasNode(actor: Actor): actor is NodeActor {
  return actor.node !== null
}
