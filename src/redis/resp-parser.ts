/** What Redis answered with an error, such as `MOVED 42 10.0.0.1:6379`. */
export class RedisReplyError extends Error {
  /** Its first word. */
  readonly code: string

  constructor(message: string) {
    super(message)
    this.name = 'RedisReplyError'
    this.code = message.split(' ', 1)[0] ?? ''
  }
}

/** A value of RESP3. Bulk strings are bytes; maps are arrays of keys and values in turn. */
export type Reply = string | number | boolean | null | Buffer | RedisReplyError | readonly Reply[]

/** More bytes are needed. */
const INCOMPLETE = Symbol('incomplete')

const CR = 13
const PUSH = 62

/** Reads RESP3, in whatever pieces it arrives. */
export class RespParser {
  private data: Buffer = Buffer.alloc(0)
  private at = 0
  /** What came after `data`, until there are `wanted` bytes. */
  private later: Buffer[] = []
  private laterBytes = 0
  private wanted = 0

  /** @param onReply  `isPush`: it answers no command */
  constructor(private readonly onReply: (reply: Reply, isPush: boolean) => void) {}

  write(chunk: Buffer): void {
    if (this.data.length === 0) {
      this.data = chunk
    } else {
      this.later.push(chunk)
      this.laterBytes += chunk.length
      if (this.data.length + this.laterBytes < this.wanted) return
      this.data = Buffer.concat([this.data, ...this.later])
      this.later = []
      this.laterBytes = 0
    }
    this.readAll()
  }

  private readAll(): void {
    this.at = 0
    this.wanted = 0
    while (this.at < this.data.length) {
      const start = this.at
      const isPush = this.data[start] === PUSH
      const reply = this.read()
      if (reply === INCOMPLETE) {
        this.data = this.data.subarray(start)
        this.wanted -= start
        return
      }
      this.onReply(reply, isPush)
    }
    this.data = this.data.subarray(this.at)
  }

  private read(): Reply | typeof INCOMPLETE {
    const end = this.data.indexOf(CR, this.at)
    if (end < 0 || end + 2 > this.data.length) return INCOMPLETE
    const line = this.data.toString('latin1', this.at, end)
    const rest = line.slice(1)
    this.at = end + 2
    switch (line[0]) {
      case '$':
        return this.readBulk(Number(rest))
      case ':':
      case ',':
        return Number(rest)
      case '>':
      case '*':
      case '~':
        return this.readArray(Number(rest))
      case '%':
        return this.readArray(2 * Number(rest))
      case '+':
        return rest
      case '-':
        return new RedisReplyError(rest)
      case '_':
        return null
      case '#':
        return rest === 't'
      default:
        throw new Error('this is not RESP3')
    }
  }

  private readBulk(length: number): Buffer | typeof INCOMPLETE {
    const end = this.at + length
    if (end + 2 > this.data.length) {
      this.wanted = end + 2
      return INCOMPLETE
    }
    const bytes = this.data.subarray(this.at, end)
    this.at = end + 2
    return bytes
  }

  private readArray(length: number): readonly Reply[] | typeof INCOMPLETE {
    const items: Reply[] = []
    for (let index = 0; index < length; index++) {
      const item = this.read()
      if (item === INCOMPLETE) return INCOMPLETE
      items.push(item)
    }
    return items
  }
}
