import { createHash, createHmac, randomBytes } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'

import { within } from '../../src/common/within.js'

/** As an entry of `ice_servers` has them. */
export interface TurnCredentials {
  readonly username: string
  readonly credential: string
}

/** What a STUN server answered: 0 for a success, else the error code (RFC 8489 §14.8). */
export interface StunAnswer {
  readonly error: number
  readonly attributes: ReadonlyMap<number, Buffer>
}

type Attribute = readonly [type: number, value: Buffer]

const MAGIC_COOKIE = 0x2112a442
/** RFC 8489 §18.2 and RFC 8656 §16. */
export const methods = { binding: 0x001, allocate: 0x003, refresh: 0x004, permit: 0x008 } as const
const attributes = {
  username: 0x0006,
  messageIntegrity: 0x0008,
  errorCode: 0x0009,
  lifetime: 0x000d,
  peerAddress: 0x0012,
  realm: 0x0014,
  nonce: 0x0015,
  relayedAddress: 0x0016,
  transport: 0x0019,
} as const
const UDP = 17
/** RFC 8656 §7.2. */
const ALLOCATION_MISMATCH = 437
/** Milliseconds after which a packet that may be lost is sent again, and after which nobody answers. */
const RESEND_MS = 250
const DEADLINE_MS = 10_000

/** A STUN and TURN client over UDP, as far as tests need one (RFC 8489, RFC 8656). */
export class TurnClient implements AsyncDisposable {
  private readonly waiting = new Map<string, (answer: Buffer) => void>()
  private socket = this.open()
  /** Whose relayed address it has. */
  private holder: TurnCredentials | null = null

  constructor(private readonly port: number) {}

  /** Resolves when the server answers. */
  async untilThere(): Promise<void> {
    await this.ask(methods.binding, [], null)
  }

  /** Asks for a relayed address. */
  async allocate(by: TurnCredentials): Promise<StunAnswer> {
    const transport = Buffer.from([UDP, 0, 0, 0])
    const answer = await this.askAs(by, methods.allocate, [[attributes.transport, transport]])
    if (answer.error === 0) this.holder = by
    if (answer.error !== ALLOCATION_MISMATCH) return answer
    // The server still remembers another client at this port of our machine.
    await this.close()
    this.socket = this.open()
    return this.allocate(by)
  }

  /** Asks to keep the one it has for `seconds`; 0 gives it back. */
  refresh(by: TurnCredentials, seconds = 600): Promise<StunAnswer> {
    const lifetime = Buffer.alloc(4)
    lifetime.writeUInt32BE(seconds)
    return this.askAs(by, methods.refresh, [[attributes.lifetime, lifetime]])
  }

  /** Asks to be let relay to and from an IPv4 address. */
  permit(by: TurnCredentials, address: string): Promise<StunAnswer> {
    const peer = Buffer.alloc(8)
    peer.writeUInt8(1, 1)
    peer.writeUInt16BE(MAGIC_COOKIE >>> 16, 2)
    const bytes = Buffer.from(address.split('.').map(Number))
    peer.writeUInt32BE((bytes.readUInt32BE() ^ MAGIC_COOKIE) >>> 0, 4)
    return this.askAs(by, methods.permit, [[attributes.peerAddress, peer]])
  }

  /** Gives its relayed address back. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.holder) await this.refresh(this.holder, 0)
    await this.close()
  }

  private open(): Socket {
    const socket = createSocket('udp4')
    socket.on('message', (message) => {
      this.waiting.get(message.subarray(8, 20).toString('hex'))?.(message)
    })
    // Nobody listens there yet: the next packet is sent all the same.
    socket.on('error', () => {})
    return socket
  }

  private close(): Promise<void> {
    return new Promise((resolve) => this.socket.close(() => resolve()))
  }

  /** The first attempt is refused, and tells realm and nonce. */
  private async askAs(
    { username, credential }: TurnCredentials,
    method: number,
    wanted: readonly Attribute[],
  ): Promise<StunAnswer> {
    const first = await this.ask(method, wanted, null)
    const realm = first.attributes.get(attributes.realm)
    const nonce = first.attributes.get(attributes.nonce)
    if (!realm || !nonce) return first
    const key = createHash('md5')
      .update(`${username}:${String(realm)}:${credential}`)
      .digest()
    const signed: Attribute[] = [
      ...wanted,
      [attributes.username, Buffer.from(username)],
      [attributes.realm, realm],
      [attributes.nonce, nonce],
    ]
    return this.ask(method, signed, key)
  }

  private async ask(
    method: number,
    asked: readonly Attribute[],
    key: Buffer | null,
  ): Promise<StunAnswer> {
    const id = randomBytes(12)
    const request = messageOf(method, id, asked, key)
    const answered = new Promise<StunAnswer>((resolve) => {
      this.waiting.set(id.toString('hex'), (answer) => resolve(read(answer)))
    })
    const send = (): void => this.socket.send(request, this.port, '127.0.0.1')
    send()
    const resend = setInterval(send, RESEND_MS)
    try {
      return await within(DEADLINE_MS, answered, () => new Error('the server does not answer'))
    } finally {
      clearInterval(resend)
      this.waiting.delete(id.toString('hex'))
    }
  }
}

/** With MESSAGE-INTEGRITY at its end if there is a key: over all before it, its own length counted (RFC 8489 §14.5). */
function messageOf(
  method: number,
  id: Buffer,
  attributesOfIt: readonly Attribute[],
  key: Buffer | null,
): Buffer {
  const body = Buffer.concat(attributesOfIt.map(encode))
  if (!key) return Buffer.concat([headerOf(method, id, body.length), body])
  const covered = Buffer.concat([headerOf(method, id, body.length + 24), body])
  const mac = createHmac('sha1', key).update(covered).digest()
  return Buffer.concat([covered, encode([attributes.messageIntegrity, mac])])
}

function headerOf(method: number, id: Buffer, length: number): Buffer {
  const header = Buffer.alloc(8)
  header.writeUInt16BE(method, 0)
  header.writeUInt16BE(length, 2)
  header.writeUInt32BE(MAGIC_COOKIE, 4)
  return Buffer.concat([header, id])
}

/** Padded to four bytes. */
function encode([type, value]: Attribute): Buffer {
  const encoded = Buffer.alloc(4 + Math.ceil(value.length / 4) * 4)
  encoded.writeUInt16BE(type, 0)
  encoded.writeUInt16BE(value.length, 2)
  value.copy(encoded, 4)
  return encoded
}

function read(answer: Buffer): StunAnswer {
  const found = new Map<number, Buffer>()
  for (let at = 20; at + 4 <= answer.length;) {
    const length = answer.readUInt16BE(at + 2)
    found.set(answer.readUInt16BE(at), answer.subarray(at + 4, at + 4 + length))
    at += 4 + Math.ceil(length / 4) * 4
  }
  const code = found.get(attributes.errorCode)
  return { error: code ? code.readUInt8(2) * 100 + code.readUInt8(3) : 0, attributes: found }
}
