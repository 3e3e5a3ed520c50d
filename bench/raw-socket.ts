import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'

const TEXT = 1
const CLOSE = 8
const PING = 9
const PONG = 10
/** Not zero: a server must not get round unmasking. */
const MASK = Buffer.from([0x37, 0xfa, 0x21, 0x3d])

/**
 * A WebSocket client that costs the driver as little as can be: frames to send are encoded once,
 * frames that come in are counted by their headers and looked at only when somebody asks.
 */
export class RawSocket {
  /** Called for each text frame, with its payload. The bytes are valid during the call only. */
  onText: (payload: Buffer) => void = () => undefined
  onClose: (reason: string) => void = () => undefined
  /** Text frames by which a server asks whether we live, and what it has to be answered; encoded. */
  heartbeat: { readonly ping: Buffer; readonly pong: Buffer } | null = null

  /** What is there of a frame whose end is still to come. */
  private rest: Buffer | null = null

  private constructor(private readonly socket: Socket) {
    socket.on('data', (chunk) => this.read(chunk))
    socket.on('close', () => this.onClose('hung up'))
  }

  /**
   * Resolves when the server has answered the upgrade with 101.
   *
   * @param from the address it connects from: one address has 28,000 ports, each free again after a minute
   */
  static open(port: number, path: string, from?: string): Promise<RawSocket> {
    return new Promise((resolve, reject) => {
      const localAddress = from === undefined ? {} : { localAddress: from }
      const socket = connect({ port, host: '127.0.0.1', noDelay: true, ...localAddress })
      let head = Buffer.alloc(0)
      socket.write(
        `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\n` +
          `Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n` +
          `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n\r\n`,
      )
      socket.on('error', reject)
      socket.once('close', () => reject(new Error('hung up before it answered')))
      socket.on('data', function readHead(chunk) {
        head = Buffer.concat([head, chunk])
        const end = head.indexOf('\r\n\r\n')
        if (end === -1) return
        socket.off('data', readHead)
        if (!head.subarray(0, end).toString().startsWith('HTTP/1.1 101')) {
          reject(new Error(`upgrade refused: ${head.toString()}`))
          socket.destroy()
          return
        }
        const opened = new RawSocket(socket)
        resolve(opened)
        // After whoever awaits the socket has said what to do with its frames.
        if (head.length > end + 4) setImmediate(() => opened.read(head.subarray(end + 4)))
      })
    })
  }

  /** Sends bytes that `encode` has made. */
  write(frame: Buffer): void {
    this.socket.write(frame)
  }

  /** The protocol's own; its answer is not waited for. */
  ping(): void {
    this.socket.write(encodeFrame(PING, Buffer.alloc(0)))
  }

  /** Reads nothing more, and so answers no ping: the kernel's buffers fill up. */
  pause(): void {
    this.socket.pause()
  }

  resume(): void {
    this.socket.resume()
  }

  /** FIN, without the protocol's goodbye. */
  end(): void {
    this.socket.end()
  }

  /** RST. */
  reset(): void {
    this.socket.resetAndDestroy()
  }

  destroy(): void {
    this.onClose = () => undefined
    this.socket.destroy()
  }

  private read(chunk: Buffer): void {
    let bytes = this.rest === null ? chunk : Buffer.concat([this.rest, chunk])
    for (;;) {
      const end = endOfFrame(bytes)
      if (end === null || end.frame > bytes.length) break
      this.take((bytes[0] ?? 0) & 0x0f, bytes.subarray(end.header, end.frame))
      bytes = bytes.subarray(end.frame)
    }
    this.rest = bytes.length === 0 ? null : bytes
  }

  private takeText(payload: Buffer): void {
    if (this.heartbeat?.ping.equals(payload)) this.write(this.heartbeat.pong)
    else this.onText(payload)
  }

  private take(opcode: number, payload: Buffer): void {
    if (opcode === TEXT) this.takeText(payload)
    else if (opcode === PING) this.socket.write(encodeFrame(PONG, payload))
    else if (opcode === CLOSE) {
      this.onClose(payload.length < 2 ? 'closed' : `closed with ${payload.readUInt16BE(0)}`)
    }
  }
}

/** A text frame as a client sends it: masked. */
export function encode(text: string): Buffer {
  return encodeFrame(TEXT, Buffer.from(text))
}

/** A close frame, as a client sends it. */
export function encodeClose(code: number): Buffer {
  const payload = Buffer.alloc(2)
  payload.writeUInt16BE(code)
  return encodeFrame(CLOSE, payload)
}

function encodeFrame(opcode: number, payload: Buffer): Buffer {
  const isShort = payload.length < 126
  const header = Buffer.alloc(isShort ? 2 : 4)
  header[0] = 0x80 | opcode
  header[1] = 0x80 | (isShort ? payload.length : 126)
  if (!isShort) header.writeUInt16BE(payload.length, 2)
  const masked = Buffer.from(payload.map((byte, at) => byte ^ (MASK[at % 4] ?? 0)))
  return Buffer.concat([header, MASK, masked])
}

/** Where an unmasked frame's payload begins and the frame ends; null if its header is not whole. */
function endOfFrame(bytes: Buffer): { readonly header: number; readonly frame: number } | null {
  if (bytes.length < 2) return null
  const length = (bytes[1] ?? 0) & 0x7f
  if (length < 126) return { header: 2, frame: 2 + length }
  if (length === 127) throw new Error('a frame beyond 64 KiB')
  return bytes.length < 4 ? null : { header: 4, frame: 4 + bytes.readUInt16BE(2) }
}
