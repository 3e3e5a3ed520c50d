import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { setImmediate as nextTurn } from 'node:timers/promises'

import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { WebSocket, WebSocketServer } from 'ws'

import { HubSocket } from './hub-socket.js'
import { readPastReceiver } from './ws-receiver.js'

const MAX_FRAME_BYTES = 2_000
const MAX_FRAGMENTS = 4

/** The wire of a socket, without a network: chunks are read at once, what is written is kept. */
class Wire extends Duplex {
  readonly written: Buffer[] = []

  override _read(): void {
    // Chunks are pushed.
  }

  override _write(chunk: Buffer, _encoding: unknown, done: () => void): void {
    this.written.push(chunk)
    done()
  }
}

type Heard = readonly (string | number)[]

/** Opens a socket of `kind` as the adapter does, and tells what it hears of the chunks. */
async function hear(kind: typeof WebSocket, chunks: readonly Buffer[]): Promise<Heard> {
  const server = new WebSocketServer({
    noServer: true,
    WebSocket: kind,
    maxPayload: MAX_FRAME_BYTES,
    maxFragments: MAX_FRAGMENTS,
    maxBufferedChunks: 100,
    perMessageDeflate: false,
    clientTracking: false,
  })
  const wire = new Wire()
  const heard: (string | number)[] = []
  const opened = open(server, wire)
  const closed = new Promise<void>((resolve) => {
    opened.on('close', (code) => {
      heard.push('closed', code)
      resolve()
    })
  })
  opened.on('ping', (data) => heard.push('ping', data.toString('hex')))
  opened.on('pong', (data) => heard.push('pong', data.toString('hex')))
  opened.on('error', (error) => heard.push('error', error.message))
  if (opened instanceof HubSocket) {
    opened.belongTo({
      receive: (text) => heard.push(text === null ? 'binary' : `text ${text}`),
      leave: () => heard.push('left'),
    })
  } else {
    opened.on('message', (data, isBinary) => {
      heard.push(isBinary ? 'binary' : `text ${String(data)}`)
    })
    opened.on('close', () => heard.push('left'))
  }
  // Each chunk is memory of its own, as from the network: it is unmasked where it lies.
  for (const chunk of chunks) wire.push(Buffer.from(chunk))
  // Else the end would come before the answer.
  await nextTurn()
  wire.push(null)
  await closed
  heard.push(Buffer.concat(wire.written).toString('hex'))
  return heard
}

function open(server: WebSocketServer, wire: Duplex): WebSocket {
  const request = new IncomingMessage(new Socket())
  request.method = 'GET'
  request.headers = {
    upgrade: 'websocket',
    connection: 'Upgrade',
    'sec-websocket-version': '13',
    'sec-websocket-key': Buffer.alloc(16).toString('base64'),
  }
  const opened: WebSocket[] = []
  server.handleUpgrade(request, wire, Buffer.alloc(0), (socket) => opened.push(socket))
  if (!opened[0]) throw new Error('the handshake failed')
  return opened[0]
}

interface FrameParts {
  /** The first byte: FIN, reserved bits and opcode. */
  readonly first: number
  readonly payload: Buffer
  readonly mask: Buffer | null
  /** Bytes that tell the length: the shortest that will do, or more. */
  readonly lengthBytes: 1 | 3 | 9
}

function bytesOf({ first, payload, mask, lengthBytes }: FrameParts): Buffer {
  const mark = mask ? 0x80 : 0
  const needed = payload.length < 126 ? 1 : payload.length < 65_536 ? 3 : 9
  const header = Buffer.alloc(1 + Math.max(needed, lengthBytes))
  header[0] = first
  if (header.length === 2) header[1] = mark | payload.length
  if (header.length === 4) {
    header[1] = mark | 126
    header.writeUInt16BE(payload.length, 2)
  }
  if (header.length === 10) {
    header[1] = mark | 127
    header.writeBigUInt64BE(BigInt(payload.length), 2)
  }
  if (!mask) return Buffer.concat([header, payload])
  const masked = Buffer.from(payload.map((byte, at) => byte ^ (mask[at % 4] ?? 0)))
  return Buffer.concat([header, mask, masked])
}

function text(payload: string, mask = Buffer.from([0x37, 0xfa, 0x21, 0x3d])): Buffer {
  return bytesOf({ first: 0x81, payload: Buffer.from(payload), mask, lengthBytes: 1 })
}

const arbitraryMask = fc.uint8Array({ minLength: 4, maxLength: 4 }).map((mask) => Buffer.from(mask))
const words = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 40 }),
  // Around the lengths at which the header, or the way of unmasking, changes.
  fc.integer({ min: 60, max: 135 }).map((length) => 'abc"\\é€👋'.repeat(length).slice(0, length)),
  fc.integer({ min: 1_900, max: 2_100 }).map((length) => 'a'.repeat(length)),
)
const good: fc.Arbitrary<FrameParts> = fc.record({
  first: fc.constant(0x81),
  payload: words.map((said) => Buffer.from(said)),
  mask: arbitraryMask,
  lengthBytes: fc.constant(1 as const),
})
const odd: fc.Arbitrary<FrameParts> = fc.record({
  first: fc.oneof(
    // Text, binary, continuation, close, ping and pong, whole and in parts.
    fc.constantFrom(0x01, 0x02, 0x82, 0x00, 0x80, 0x88, 0x89, 0x8a),
    fc.integer({ min: 0, max: 0xff }),
  ),
  payload: fc.oneof(
    words.map((said) => Buffer.from(said)),
    fc.uint8Array({ maxLength: 130 }).map((bytes) => Buffer.from(bytes)),
  ),
  mask: fc.option(arbitraryMask, { freq: 20 }),
  lengthBytes: fc.constantFrom(1, 1, 1, 3, 9),
})
const frames = fc.array(fc.oneof({ arbitrary: good, weight: 3 }, { arbitrary: odd, weight: 1 }), {
  maxLength: 12,
})

/** The bytes in pieces, cut wherever the network likes. */
function cut(bytes: Buffer, at: readonly number[]): Buffer[] {
  const bounds = [...new Set(at.map((each) => each % (bytes.length + 1)))].sort((a, b) => a - b)
  return [...bounds, bytes.length].map((end, index) =>
    bytes.subarray(index === 0 ? 0 : bounds[index - 1], end),
  )
}

describe('HubSocket', () => {
  it('knows the insides of the ws that is installed', () => {
    const server = new WebSocketServer({ noServer: true, WebSocket: HubSocket })
    const socket = open(server, new Wire())

    expect(socket instanceof HubSocket && readPastReceiver(socket)).toBe(true)
  })

  it('hears and answers what a socket of ws alone does, whatever comes in and however it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(frames, fc.array(fc.nat(3_000), { maxLength: 8 }), async (sent, cuts) => {
        const chunks = cut(Buffer.concat(sent.map(bytesOf)), cuts)

        expect(await hear(HubSocket, chunks)).toEqual(await hear(WebSocket, chunks))
      }),
      { numRuns: 1_500 },
    )
  })

  it('hears the same of any bytes at all', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 60 }), fc.nat(60), async (bytes, at) => {
        const chunks = cut(Buffer.concat([text('first'), Buffer.from(bytes)]), [at])

        expect(await hear(HubSocket, chunks)).toEqual(await hear(WebSocket, chunks))
      }),
      { numRuns: 1_000 },
    )
  })

  // Whatever follows the cut looks like the start of a frame.
  const tricky = text('a', Buffer.from([0x81, 0x81, 0x81, 0x81]))
  const split = (at: number): Buffer[] => [
    tricky.subarray(0, at),
    Buffer.concat([tricky.subarray(at), text('b')]),
  ]

  it.each([
    ['two frames in one chunk', [Buffer.concat([text('a'), text('b')])], ['text a', 'text b']],
    ['a frame cut after its first byte', split(1), ['text a', 'text b']],
    ['a frame cut before its mask', split(2), ['text a', 'text b']],
    ['a frame cut within its mask', split(4), ['text a', 'text b']],
    ['a frame cut before its payload', split(6), ['text a', 'text b']],
    [
      'a whole frame, half a frame, the other half, and another',
      [Buffer.concat([text('a'), text('b').subarray(0, 7)]), text('b').subarray(7), text('c')],
      ['text a', 'text b', 'text c'],
    ],
    ['an empty frame', [text('')], ['text ']],
    ['a mask of zeros', [text('a', Buffer.alloc(4))], ['text a']],
    ['the largest frame', [text('a'.repeat(MAX_FRAME_BYTES))], [`text ${'a'.repeat(2_000)}`]],
  ])('hears %s', async (_what, chunks, said) => {
    const heard = await hear(HubSocket, chunks)

    expect(heard.slice(0, said.length)).toEqual(said)
    expect(heard[said.length]).not.toMatch(/^text/)
  })

  it.each([
    ['too large a frame', text('a'.repeat(MAX_FRAME_BYTES + 1)), 1009],
    [
      'a text that is no UTF-8',
      bytesOf({
        first: 0x81,
        payload: Buffer.from('abc'.repeat(30) + '\xff', 'latin1'),
        mask: Buffer.from([1, 2, 3, 4]),
        lengthBytes: 1,
      }),
      1007,
    ],
    [
      'a text that is UTF-8 under its mask only',
      bytesOf({
        first: 0x81,
        payload: Buffer.from('abc').map((byte) => byte | 0x80) as Buffer,
        mask: Buffer.alloc(4, 0x80),
        lengthBytes: 1,
      }),
      1007,
    ],
    [
      'a fragment that another text follows',
      bytesOf({
        first: 0x01,
        payload: Buffer.from('a'),
        mask: Buffer.from([1, 2, 3, 4]),
        lengthBytes: 1,
      }),
      1002,
    ],
    [
      'a frame without a mask',
      bytesOf({ first: 0x81, payload: Buffer.alloc(0), mask: null, lengthBytes: 1 }),
      1002,
    ],
  ])('leaves %s to ws, which closes', async (_what, bytes, code) => {
    const heard = await hear(HubSocket, [text('first'), bytes, text('never')])

    expect(heard[0]).toBe('text first')
    expect(heard).not.toContain('text never')
    const written = String(heard.at(-1))
    expect(written).toContain(`8802${code.toString(16).padStart(4, '0')}`)
  })
})
