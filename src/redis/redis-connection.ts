import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

import { Watchdog } from '../common/watchdog.js'
import { type Argument, CommandWriter } from './command-writer.js'
import type { RedisAddress } from './redis-address.js'
import { type Reply, RedisReplyError, RespParser } from './resp-parser.js'

/** Bytes that may wait for Redis to read them. */
const MAX_QUEUED_BYTES = 16 * 1_048_576

/** The connection is gone, or was never there. */
export class RedisLostError extends Error {
  /** @param wasSent  Redis may have done what it was told */
  constructor(
    readonly wasSent: boolean,
    options?: ErrorOptions,
  ) {
    super('the connection to Redis is lost', options)
    this.name = 'RedisLostError'
  }
}

export interface RedisEvents {
  /** What Redis says unasked. */
  onPush(items: readonly Reply[]): void
  /** Once, after everything under way has been told. Not after `close`. */
  onLost(error: RedisLostError): void
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
  private readonly watchdog = new Watchdog(
    () => this.ask(),
    () => this.lose(),
  )
  private pending: Pending[] = []
  private answered = 0
  private readonly writer = new CommandWriter()
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
    this.socket.on('error', (cause) => this.lose(cause))
    this.socket.on('close', () => this.lose())
    this.watchdog.start()
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
  command(...args: readonly Argument[]): Promise<Reply> {
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

  private send(args: readonly Argument[], pushed: string | null): Promise<Reply> {
    return new Promise((done, failed: (error: Error) => void) => {
      if (this.isLost || this.writer.length + this.socket.writableLength > MAX_QUEUED_BYTES) {
        failed(new RedisLostError(false))
        return
      }
      this.pending.push({ pushed, done, failed })
      if (this.writer.length === 0) setImmediate(() => this.flush())
      this.writer.write(args)
    })
  }

  private flush(): void {
    if (this.isLost) return
    this.socket.write(this.writer.bytes)
    this.writer.clear(this.socket.writableLength === 0)
  }

  private read(chunk: Buffer): void {
    this.watchdog.heard()
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
    if (!pending) this.lose(new Error('an answer to nothing'))
    else if (reply instanceof RedisReplyError) pending.failed(reply)
    else pending.done(reply)
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

  private lose(cause?: Error): void {
    this.end(true, cause)
  }

  private end(isLoss: boolean, cause?: Error): void {
    if (this.isLost) return
    this.isLost = true
    this.watchdog.stop()
    this.socket.destroy()
    const pending = this.pending.splice(0).slice(this.answered)
    const error = new RedisLostError(true, { cause })
    for (const { failed } of pending) failed(error)
    if (isLoss) this.events.onLost(error)
  }
}
