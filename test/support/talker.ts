import type { Socket } from 'node:net'

import { WebSocket } from 'ws'

import type { Ledger } from './ledger.js'
import { isIntact, payloadOf } from './ledger-payload.js'
import {
  type Death,
  type Line,
  releasePongs,
  type TalkerKind,
  type TalkerNode,
} from './talker-line.js'
import type { Frame } from './test-node.js'

/** Milliseconds a hub may need to see that a socket is gone whose end it was told. */
const NOTICED_MS = 1_000
/** Longer than the hub takes to say what became of a signal. */
const ANSWERED_MS = 10_000
/** What a greeting, or the answer to `resume`, may take at most. */
const GREETING_MS = 15_000

/** One node in the ledger: sends numbered signals, and notes all that comes. */
export class Talker {
  /** The connection is gone, whoever ended it; 1006 when nobody said why. */
  onEnd: (code: number) => void = () => undefined
  /** A signal of anybody's arrived here. */
  onReceipt: (n: number) => void = () => undefined
  /** One of its own was refused. */
  onFailure: () => void = () => undefined
  readonly unexpected: string[] = []
  /** The hub has said that it restarts, and when to come back after it has closed the connection. */
  reconnectAfterMs = 0

  /** Times it was given what a connection before had missed. */
  resumptions = 0

  private line: Line | null = null
  private readonly hanging: Line[] = []
  private pings = 0
  private readonly asked = new Map<number, (answer: string) => void>()
  /** While it resumes: the connection it had, and who waits for the answer. */
  private former: Line | null = null
  private onResumed: () => void = () => undefined

  constructor(
    readonly index: number,
    readonly node: TalkerNode,
    readonly kind: TalkerKind,
    private readonly ledger: Ledger,
    private readonly indexOf: (nodeId: string) => number | null,
  ) {}

  get isConnected(): boolean {
    return this.line?.socket.readyState === WebSocket.OPEN && this.line.deadSince === null
  }

  /**
   * Opens a connection, greeted and resumed if there was one to resume. False: the instance is not
   * there, or takes nobody just now. One that is still open is replaced by it.
   */
  async connect(socketUrl: string): Promise<boolean> {
    const former = this.line
    const version = this.kind.isModern ? 'v=2&' : ''
    const socket = new WebSocket(`${socketUrl}?${version}token=${this.node.token}`, {
      perMessageDeflate: false,
    })
    const line = await this.greeted(socket)
    if (!line) return false
    this.line = line
    this.reconnectAfterMs = 0
    this.bury()
    if (former?.connectionId != null) {
      this.abandon(former)
      await this.resume(line, former)
    }
    return this.line === line && this.isConnected
  }

  /** Sends a signal to `target`. @returns its number */
  send(target: Talker): number {
    const { line } = this
    if (!line) throw new Error('not connected')
    const n = this.ledger.invoke(line.number, target.index, this.kind.usesRefs)
    const ref = this.kind.usesRefs ? `,"ref":${n % 2 === 0 ? n : `"${n}"`}` : ''
    line.socket.send(
      `{"type":"signal","target_node_id":"${target.node.id}","payload":${payloadOf(n)}${ref}}`,
    )
    return n
  }

  /** Sends a signal and resolves with what is said of it: `ack`, the code of its error, or `nothing`. */
  ask(target: Talker): Promise<string> {
    const n = this.send(target)
    return new Promise((resolve) => {
      const late = setTimeout(() => this.tell(n, 'nothing'), ANSWERED_MS)
      this.asked.set(n, (answer) => {
        clearTimeout(late)
        resolve(answer)
      })
    })
  }

  /** Resolves when the hub has read all that was sent before, or the connection is gone. */
  settled(): Promise<void> {
    const { line } = this
    if (!line || line.hasEnded || line.deadSince !== null) return Promise.resolve()
    const timestamp = ++this.pings
    return new Promise((resolve) => {
      line.pongs.set(timestamp, resolve)
      line.socket.send(`{"type":"ping","timestamp":${timestamp}}`)
    })
  }

  die(manner: Death): void {
    const { line } = this
    if (!line || line.hasEnded || line.deadSince !== null) return
    if (manner === 'goodbye') {
      line.leftAt = this.ledger.now
      line.socket.close()
      return
    }
    line.deadSince = this.ledger.now
    releasePongs(line)
    if (manner === 'hang') {
      line.socket.pause()
      this.hanging.push(line)
      return
    }
    this.ledger.ended(line.number, { isDead: true, unnoticedMs: NOTICED_MS })
    line.hasEnded = true
    const { _socket: stream } = line.socket as unknown as { _socket: Socket }
    if (manner === 'reset') stream.resetAndDestroy()
    line.socket.terminate()
  }

  /** Says goodbye; resolves when the connection is gone. */
  async leave(): Promise<void> {
    const { line } = this
    this.bury()
    if (!line || line.socket.readyState === WebSocket.CLOSED) return
    const closed = new Promise((resolve) => line.socket.once('close', resolve))
    line.socket.close()
    await closed
  }

  /** Reads nothing more from a connection whose missed frames it asks for on the next. */
  private abandon(line: Line): void {
    line.deadSince ??= this.ledger.now
    if (!line.hasEnded) this.ledger.ended(line.number, { isDead: true, unnoticedMs: NOTICED_MS })
    line.hasEnded = true
    releasePongs(line)
  }

  /** What hung was taken for alive until now at most. */
  private bury(): void {
    for (const line of this.hanging.splice(0)) {
      const at = line.deadSince ?? this.ledger.now
      const unnoticedMs = this.ledger.now - at + NOTICED_MS
      this.ledger.ended(line.number, { at, isDead: true, unnoticedMs })
      line.hasEnded = true
      line.socket.terminate()
    }
  }

  private greeted(socket: WebSocket): Promise<Line | null> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => socket.terminate(), GREETING_MS)
      const refuse = (): void => {
        clearTimeout(timer)
        resolve(null)
      }
      socket.on('error', () => undefined)
      socket.once('close', refuse)
      socket.once('message', (data) => {
        const greeting: Frame = JSON.parse(String(data))
        socket.off('close', refuse)
        clearTimeout(timer)
        if (greeting.type !== 'auth_ok') this.unexpected.push(String(data))
        resolve(this.begin(socket, greeting))
      })
    })
  }

  private begin(socket: WebSocket, greeting: Frame): Line {
    const line: Line = {
      number: this.ledger.opened(this.index),
      socket,
      pongs: new Map(),
      connectionId: greeting.connection_id ?? null,
      lastSeq: 0,
      leftAt: null,
      deadSince: null,
      hasEnded: false,
    }
    socket.on('message', (data) => {
      if (line.deadSince === null) this.take(line, String(data))
    })
    socket.on('close', (code) => this.end(line, code))
    return line
  }

  private end(line: Line, code: number): void {
    const wasKilled = line.hasEnded
    // Without a close frame of the hub, what was on its way is lost.
    if (!line.hasEnded) {
      const at = line.leftAt ?? this.ledger.now
      this.ledger.ended(line.number, { at, isDead: code === 1006 })
    }
    line.hasEnded = true
    releasePongs(line)
    if (line === this.line && !wasKilled) this.onEnd(code)
  }

  /** Asks for what the former connection was sent and its client did not get. */
  private async resume(line: Line, former: Line): Promise<void> {
    this.former = former
    const answered = new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, GREETING_MS)
      this.onResumed = () => {
        clearTimeout(timer)
        resolve()
      }
      line.socket.once('close', this.onResumed)
    })
    const { connectionId, lastSeq } = former
    line.socket.send(
      JSON.stringify({ type: 'resume', connection_id: connectionId, last_seq: lastSeq }),
    )
    await answered
    this.former = null
  }

  private take(line: Line, text: string): void {
    const frame: Frame = JSON.parse(text)
    switch (frame.type) {
      case 'signal': {
        const { payload, seq = null } = frame
        if (seq !== null) line.lastSeq = seq
        this.onReceipt(payload.n)
        this.ledger.receipt(
          line.number,
          payload.n,
          seq,
          isIntact(payload as { n: number; padding: unknown }),
        )
        return
      }
      case 'ack':
        this.ledger.ack(line.number, Number(frame.ref))
        this.tell(Number(frame.ref), 'ack')
        return
      case 'pong':
        line.pongs.get(frame.timestamp)?.()
        line.pongs.delete(frame.timestamp)
        return
      case 'resumed':
        line.lastSeq = frame.from_seq - 1
        this.resumptions++
        if (this.former) this.ledger.resumed(line.number, this.former.number)
        this.onResumed()
        return
      case 'restart':
        this.reconnectAfterMs = frame.reconnect_after_ms
        return
      case 'error':
        this.fail(line, frame)
        return
      default:
        this.unexpected.push(text.slice(0, 200))
    }
  }

  private fail(line: Line, { code, ref, target_node_id: id }: Frame): void {
    if (code === 'resume_failed') {
      this.onResumed()
      return
    }
    const n = ref === undefined ? null : Number(ref)
    if (n !== null) this.tell(n, code)
    this.onFailure()
    this.ledger.fail(line.number, { code, n, target: id === undefined ? null : this.indexOf(id) })
  }

  private tell(n: number, answer: string): void {
    this.asked.get(n)?.(answer)
    this.asked.delete(n)
  }
}
