import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

import { Liveness } from '../common/liveness.js'
import type { RedisAddress } from './redis-address.js'
import { type Reply, RedisReplyError, RespParser } from './resp-parser.js'

/** Bytes that may wait for Redis to read them. */
const MAX_QUEUED_BYTES = 16 * 1_048_576

/** The connection is gone, or was never there. */
export class RedisLostError extends Error {
  /** @param wasSent  Redis may have done what it was told */
  constructor(readonly wasSent: boolean) {
    super('the connection to Redis is lost')
    this.name = 'RedisLostError'
  }
}

export interface RedisEvents {
  /** What Redis says unasked. */
  onPush(items: readonly Reply[]): void
  /** Once, after everything under way has been told. Not after `close`. */
  onLost(): void
}

interface Pending {
  /** `ssubscribe <channel>`, for a command that Redis answers with a push; else null. */
  readonly pushed: string | null
  readonly done: (reply: Reply) => void
  readonly failed: (error: Error) => void
}

/**
 * One connection to one Redis, over RESP3: commands and subscriptions go over the same, in order. It is
 * never made again by itself, and taken for lost when Redis says nothing for 1.5 s. What is sent in
 * one turn of the event loop is one write.
 *
 * Not ioredis, which serves the rate limits: see docs/adr/0013.
 */
export class RedisConnection {
  private readonly socket: Socket
  private readonly parser = new RespParser((reply, isPush) => this.take(reply, isPush))
  private readonly liveness = new Liveness(
    () => this.ask(),
    () => this.lose(),
  )
  private pending: Pending[] = []
  private answered = 0
  private outgoing: Buffer[] = []
  private outgoingBytes = 0
  private isLost = false

  constructor(
    readonly address: RedisAddress,
    private readonly events: RedisEvents,
  ) {
    const { host, port, isTls } = address
    this.socket = isTls
      ? connectTls({ host, port, ...(isIP(host) ? {} : { servername: host }) })
      : connectTcp({ host, port })
    this.socket.setNoDelay(true)
    // It keeps no process alive: that is the business of those who serve.
    this.socket.unref()
    this.socket.on('data', (chunk) => this.read(chunk))
    this.socket.on('error', () => this.lose())
    this.socket.on('close', () => this.lose())
    this.liveness.start()
  }

  /**
   * Enters, and resolves with the mode of the server: `standalone` or `cluster`.
   *
   * @throws RedisReplyError  it does not let us in @throws RedisLostError
   */
  async greet(): Promise<string> {
    const { username, password } = this.address
    const reply = await (password === ''
      ? this.command('HELLO', '3')
      : this.command('HELLO', '3', 'AUTH', username, password))
    const fields = Array.isArray(reply) ? reply.map(String) : []
    return fields[fields.indexOf('mode') + 1] ?? ''
  }

  /**
   * Resolves with the answer. Only the last argument may be bytes.
   *
   * @throws RedisReplyError @throws RedisLostError
   */
  command(...args: readonly (string | Buffer)[]): Promise<Reply> {
    return this.send(args, null)
  }

  /** Resolves when messages to the channel come here. @throws RedisReplyError @throws RedisLostError */
  async subscribe(channel: string): Promise<void> {
    await this.send(['SSUBSCRIBE', channel], `ssubscribe ${channel}`)
  }

  /** @throws RedisReplyError @throws RedisLostError */
  async unsubscribe(channel: string): Promise<void> {
    await this.send(['SUNSUBSCRIBE', channel], `sunsubscribe ${channel}`)
  }

  close(): void {
    this.end(false)
  }

  private send(args: readonly (string | Buffer)[], pushed: string | null): Promise<Reply> {
    return new Promise((done, failed: (error: Error) => void) => {
      if (this.isLost || this.outgoingBytes + this.socket.writableLength > MAX_QUEUED_BYTES) {
        failed(new RedisLostError(false))
        return
      }
      this.pending.push({ pushed, done, failed })
      if (this.outgoing.length === 0) setImmediate(() => this.flush())
      const bytes = encode(args)
      this.outgoing.push(bytes)
      this.outgoingBytes += bytes.length
    })
  }

  private flush(): void {
    const outgoing = this.outgoing
    this.outgoing = []
    this.outgoingBytes = 0
    const [first] = outgoing
    if (this.isLost || !first) return
    this.socket.write(outgoing.length === 1 ? first : Buffer.concat(outgoing))
  }

  private read(chunk: Buffer): void {
    this.liveness.heard()
    try {
      this.parser.write(chunk)
    } catch {
      this.lose()
    }
  }

  private take(reply: Reply, isPush: boolean): void {
    if (isPush && Array.isArray(reply)) {
      const pushed = this.pending[this.answered]?.pushed
      if (pushed && pushed === `${String(reply[0])} ${String(reply[1])}`) this.next()?.done(reply)
      else this.events.onPush(reply)
      return
    }
    const pending = this.next()
    if (reply instanceof RedisReplyError) pending?.failed(reply)
    else pending?.done(reply)
  }

  /** The one that waits longest. */
  private next(): Pending | undefined {
    const pending = this.pending[this.answered++]
    if (this.answered === this.pending.length || this.answered >= 1_024) {
      this.pending.splice(0, this.answered)
      this.answered = 0
    }
    return pending
  }

  private ask(): void {
    this.command('PING').catch(() => undefined)
  }

  private lose(): void {
    this.end(true)
  }

  private end(isLoss: boolean): void {
    if (this.isLost) return
    this.isLost = true
    this.liveness.stop()
    this.socket.destroy()
    const pending = this.pending.splice(0).slice(this.answered)
    for (const { failed } of pending) failed(new RedisLostError(true))
    if (isLoss) this.events.onLost()
  }
}

function encode(args: readonly (string | Buffer)[]): Buffer {
  const last = args.at(-1)
  let text = `*${args.length}\r\n`
  for (const arg of args) {
    if (typeof arg === 'string') text += `$${Buffer.byteLength(arg)}\r\n${arg}\r\n`
  }
  if (!Buffer.isBuffer(last)) return Buffer.from(text)
  text += `$${last.length}\r\n`
  const headBytes = Buffer.byteLength(text)
  const bytes = Buffer.allocUnsafe(headBytes + last.length + 2)
  bytes.write(text)
  last.copy(bytes, headBytes)
  bytes.write('\r\n', headBytes + last.length)
  return bytes
}
