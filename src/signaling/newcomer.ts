import { describeError } from '../common/describe-error.js'
import type { NodeActor } from '../routing/connection.js'
import { closeCodes } from '../sockets/close-codes.js'
import type { HubSocket, SocketOwner } from '../sockets/hub-socket.js'
import type { Admissions } from './admissions.js'
import { parseFrame } from './protocol/frames.js'
import { errorFrame } from './protocol/hub-frames.js'
import { AuthFrameExpectedError } from './signaling.errors.js'

/** Milliseconds a socket without credentials has to send its auth frame. */
const AUTH_TIMEOUT_MS = 5_000

/**
 * A socket whose upgrade carried no credential: its first frame must. Nobody sees its node before.
 * It holds a nameless place until it is named or gone, and keeps nothing of what it sends after it
 * was turned away.
 */
export class Newcomer implements SocketOwner {
  private state: 'waiting' | 'asking' | 'over' = 'waiting'
  /** What followed the auth frame in the same read; the socket is paused, so it is no more. */
  private readonly early: (string | null)[] = []
  private readonly timer: NodeJS.Timeout

  /** @param welcome makes the named socket's new owner; null if it may not have one after all */
  constructor(
    private readonly socket: Pick<HubSocket, 'send' | 'close' | 'pause' | 'resume'>,
    private readonly address: string,
    private readonly admissions: Pick<Admissions, 'identify' | 'release'>,
    private readonly welcome: (actor: NodeActor) => SocketOwner | null,
  ) {
    this.timer = setTimeout(() => {
      this.state = 'over'
      socket.close(closeCodes.authenticationTimeout, 'no auth frame within 5 s')
    }, AUTH_TIMEOUT_MS)
  }

  receive(text: string | null): void {
    if (this.state === 'asking') this.early.push(text)
    if (this.state !== 'waiting') return
    this.state = 'asking'
    clearTimeout(this.timer)
    this.socket.pause()
    this.identify(text)
      .then(
        (actor) => this.become(actor),
        (error: unknown) => this.turnAway(error),
      )
      .finally(() => this.socket.resume())
  }

  /** Frames it keeps until the answer is known. */
  get earlyFrames(): number {
    return this.early.length
  }

  leave(): void {
    this.state = 'over'
    clearTimeout(this.timer)
    this.admissions.release(this.address)
  }

  /** The hub stops. */
  sayGoodbye(): void {
    this.state = 'over'
    this.socket.close(closeCodes.restart, 'the hub restarts')
  }

  private async identify(text: string | null): Promise<NodeActor> {
    const frame = parseFrame(text ?? '')
    if (frame.type !== 'auth') throw new AuthFrameExpectedError()
    return this.admissions.identify(frame.token, this.address, () => this.state === 'over')
  }

  private become(actor: NodeActor): void {
    if (this.state === 'over') return
    this.state = 'over'
    const owner = this.welcome(actor)
    if (!owner) return
    this.admissions.release(this.address)
    for (const text of this.early) owner.receive(text)
  }

  private turnAway(thrown: unknown): void {
    this.state = 'over'
    this.early.length = 0
    const error = describeError(thrown)
    this.socket.send(errorFrame({ code: error.code, message: error.message }))
    const code = error.status >= 500 ? closeCodes.tryAgainLater : closeCodes.policyViolation
    this.socket.close(code, error.code)
  }
}
