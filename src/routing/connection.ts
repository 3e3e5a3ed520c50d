import type { Socket } from 'node:net'

import type { WebSocket } from 'ws'

import type { Actor, ActorNode } from '../identity/actor.js'
import { SHORT_ID_LENGTH } from '../identity/node-id.js'
import type { CloseCode } from '../sockets/close-codes.js'
import { asciiFrame } from '../sockets/text-frame.js'
import type { SentFrames } from './sent-frames.js'

/** What became of a frame handed to a connection. A value: none of these is exceptional. */
export type Delivery = 'delivered' | 'offline' | 'slow'

/** An actor that has registered a node: only such hold a connection. */
export type NodeActor = Actor & { readonly node: ActorNode }

/** Frames that may wait for a peer to read, whatever their size (CONTRACT §3). */
const MAX_QUEUED_FRAMES = 128

/** One open socket of one node. */
export class Connection {
  /** The sweep of the heartbeat at which bytes last came in; small integers cost no memory. */
  heardAtSweep = 0
  bytesHeard = 0
  /** Seconds of silence after which it is pinged: the heartbeat's, before it is used. */
  pingSeconds = 0
  /** Unix seconds: when it began, and when it is due another list of TURN servers (0: never). */
  openedAt = 0
  iceDueAt = 0
  /** The sweep since which frames have been refused because this peer does not read; 0 if it reads. */
  slowSinceSweep = 0
  isSlow = false
  /** Its own signals that other instances were given and have not answered yet. */
  unanswered = 0
  /** Why the hub ended it; null while it has not. */
  endedBy: CloseCode | null = null

  private queuedFrames = 0
  private onWritten: (() => void) | null = null
  /** Of the unanswered, how many are for each target; null while there are none. */
  private onTheirWay: Map<string, number> | null = null

  constructor(
    public actor: NodeActor,
    private readonly socket: WebSocket,
    private readonly stream: Pick<Socket, 'bytesRead' | 'write'>,
    private readonly maxQueuedBytes: number,
    /** Of a client that asked for `v=2`; classic ones cannot have anything again. */
    readonly sent: SentFrames | null = null,
  ) {}

  /** A signal of its own has left for another instance. */
  sentOn(target: string): void {
    const node = eitherForm(target)
    this.unanswered++
    this.onTheirWay ??= new Map()
    this.onTheirWay.set(node, (this.onTheirWay.get(node) ?? 0) + 1)
  }

  /** It is known what became of that. */
  answered(target: string): void {
    const node = eitherForm(target)
    this.unanswered--
    const left = (this.onTheirWay?.get(node) ?? 0) - 1
    if (left > 0) this.onTheirWay?.set(node, left)
    else this.onTheirWay?.delete(node)
    if (this.onTheirWay?.size === 0) this.onTheirWay = null
  }

  /** What it sent the same target before may not be there yet. */
  isBehindItself(target: string): boolean {
    return this.onTheirWay?.has(eitherForm(target)) ?? false
  }

  /** It asked for `v=2`: it takes frames and keys that classic clients do not know. */
  get isModern(): boolean {
    return this.sent !== null
  }

  /** Bytes that came in from the peer since it connected: what liveness goes by. */
  get bytesReceived(): number {
    return this.stream.bytesRead
  }

  /** Nothing waits for this peer to read. */
  get isDrained(): boolean {
    return this.socket.bufferedAmount === 0
  }

  /**
   * Queues one frame. Never waits and never throws. A peer that lets too much pile up unread loses
   * the frame instead of holding the hub's memory.
   */
  send(frame: string): Delivery {
    const { socket } = this
    if (socket.readyState !== socket.OPEN) return 'offline'
    const queuedBytes = socket.bufferedAmount
    if (queuedBytes === 0) {
      this.queuedFrames = 0
      this.isSlow = false
      this.write(frame)
      return 'delivered'
    }
    // A frame is counted by its characters, each one to three bytes; what is queued, by its bytes.
    if (
      queuedBytes + frame.length > this.maxQueuedBytes ||
      this.queuedFrames >= MAX_QUEUED_FRAMES
    ) {
      this.isSlow = true
      return 'slow'
    }
    this.queuedFrames++
    this.onWritten ??= () => {
      this.queuedFrames = Math.max(0, this.queuedFrames - 1)
    }
    this.write(frame, this.onWritten)
    return 'delivered'
  }

  /** Past `ws` where one write will do: without compression it keeps no queue of its own. */
  private write(frame: string, onWritten?: () => void): void {
    const bytes = asciiFrame(frame)
    if (bytes === null) this.socket.send(frame, onWritten)
    else this.stream.write(bytes, 'latin1', onWritten)
  }

  /** False once it is closing: what still comes in from it does not count. */
  get isOpen(): boolean {
    return this.socket.readyState === this.socket.OPEN
  }

  /** Resolves when the socket is gone. */
  get closed(): Promise<void> {
    const { socket } = this
    if (socket.readyState === socket.CLOSED) return Promise.resolve()
    return new Promise((resolve) => socket.once('close', () => resolve()))
  }

  /** Nothing is read from the peer until `resume`. */
  pause(): void {
    this.socket.pause()
  }

  resume(): void {
    this.socket.resume()
  }

  ping(): void {
    if (this.isOpen) this.socket.ping()
  }

  /** Says why, waits for the peer's answer as long as the adapter allows, then hangs up. */
  close(code: CloseCode, reason: string): void {
    this.endedBy ??= code
    this.socket.close(code, reason)
  }

  /** Hangs up at once: for a peer that no longer answers. */
  terminate(): void {
    this.socket.terminate()
  }
}

/** The short form of a node's id begins the long one. */
function eitherForm(target: string): string {
  return target.slice(0, SHORT_ID_LENGTH)
}
