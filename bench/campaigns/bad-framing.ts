import type { Chance } from './chance.js'

const TEXT = 1
const BINARY = 2
const CLOSE = 8
const PING = 9
const RESERVED_OPCODES = [3, 4, 5, 6, 7, 11, 12, 13, 14, 15]
const BAD_CLOSE_CODES = [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535]
const NOT_UTF8 = ['c3', 'c328', 'e28228', 'f0288cbc', 'f4908080', 'eda080', 'c080', 'ff', 'fe80']

interface Frame {
  readonly opcode: number
  readonly payload?: Buffer
  readonly isFinal?: boolean
  readonly reserved?: number
  readonly isMasked?: boolean
  /** Said instead of the payload's. */
  readonly length?: bigint
  /** 7, 16 or 64: longer than needed is a fault of its own. */
  readonly lengthBits?: 7 | 16 | 64
}

/** Bytes that break the WebSocket protocol (RFC 6455). */
export interface Fault {
  readonly bytes: Buffer
  /** The hub can tell by them alone: it must end the connection. Else it may wait for more. */
  readonly isPlain: boolean
}

/** Each breaks the protocol in its own way. */
export function badFraming(chance: Chance): Fault {
  const isPlain = !chance.oneIn(4)
  return { bytes: chance.pick(isPlain ? PLAIN : MAYBE)(chance), isPlain }
}

type MakeFault = (chance: Chance) => Buffer

const PLAIN: readonly MakeFault[] = [
  // A reserved bit (§5.2): nobody has negotiated an extension.
  (chance) => frame(chance, { opcode: TEXT, reserved: chance.between(1, 7) }),
  (chance) => frame(chance, { opcode: chance.pick(RESERVED_OPCODES) }),
  // Without a mask (§5.1).
  (chance) => frame(chance, { opcode: TEXT, isMasked: false }),
  // Too big (§7.4.1, 1009).
  (chance) => frame(chance, { opcode: TEXT, payload: Buffer.alloc(65_537, 'x') }),
  // Control frames that are too long or in pieces (§5.5).
  (chance) => frame(chance, { opcode: PING, payload: chance.bytes(chance.between(126, 300)) }),
  (chance) => frame(chance, { opcode: chance.pick([CLOSE, PING, 10]), isFinal: false }),
  // Pieces in the wrong order (§5.4).
  (chance) => frame(chance, { opcode: 0 }),
  (chance) => Buffer.concat([open(chance), frame(chance, { opcode: chance.pick([TEXT, BINARY]) })]),
  (chance) => Buffer.concat([open(chance), frame(chance, { opcode: CLOSE }), piece(chance, true)]),
  // More pieces than a frame may have, empty ones too.
  (chance) =>
    Buffer.concat([open(chance), ...Array.from({ length: 40 }, () => piece(chance, false))]),
  (chance) => {
    const empty = frame(chance, { opcode: 0, payload: Buffer.alloc(0), isFinal: false })
    return Buffer.concat([open(chance), ...Array.from({ length: 40 }, () => empty)])
  },
  // Not UTF-8 (§8.1), whole and torn over two pieces.
  (chance) => frame(chance, { opcode: TEXT, payload: notUtf8(chance) }),
  (chance) => {
    const text = notUtf8(chance)
    const at = chance.below(text.length)
    return Buffer.concat([
      frame(chance, { opcode: TEXT, payload: text.subarray(0, at), isFinal: false }),
      frame(chance, { opcode: 0, payload: text.subarray(at) }),
    ])
  },
  // Close frames: half a code, a code that may not be sent, a reason that is not UTF-8 (§7.4).
  (chance) => frame(chance, { opcode: CLOSE, payload: chance.bytes(1) }),
  (chance) => frame(chance, { opcode: CLOSE, payload: closeWith(chance.pick(BAD_CLOSE_CODES)) }),
  (chance) => {
    const payload = Buffer.concat([closeWith(1_000), Buffer.from(chance.pick(NOT_UTF8), 'hex')])
    return frame(chance, { opcode: CLOSE, payload })
  },
]

const MAYBE: readonly MakeFault[] = [
  // Lengths: longer than told, far longer than there is, spelled longer than needed, negative (§5.2).
  (chance) => frame(chance, { opcode: TEXT, length: BigInt(chance.below(4)) }),
  (chance) => frame(chance, { opcode: TEXT, length: BigInt(chance.between(65_537, 1e9)) }),
  (chance) =>
    frame(chance, { opcode: TEXT, lengthBits: 64, length: 1n << BigInt(chance.below(64)) }),
  (chance) => frame(chance, { opcode: TEXT, lengthBits: 64, length: 0xffff_ffff_ffff_ffffn }),
  (chance) => frame(chance, { opcode: TEXT, lengthBits: chance.pick([16, 64]) }),
  // Bytes of no meaning.
  (chance) => chance.bytes(chance.between(1, 400)),
  // A header that stops in the middle.
  (chance) => frame(chance, { opcode: TEXT }).subarray(0, chance.between(1, 5)),
]

/** The first piece of a text. */
function open(chance: Chance): Buffer {
  return frame(chance, { opcode: TEXT, isFinal: false })
}

function piece(chance: Chance, isFinal: boolean): Buffer {
  return frame(chance, { opcode: 0, isFinal })
}

function notUtf8(chance: Chance): Buffer {
  const text = Buffer.from('{"type":"ping","timestamp":"', 'utf8')
  return Buffer.concat([text, Buffer.from(chance.pick(NOT_UTF8), 'hex'), Buffer.from('"}')])
}

function closeWith(code: number): Buffer {
  const payload = Buffer.alloc(2)
  payload.writeUInt16BE(code)
  return payload
}

function frame(chance: Chance, wanted: Frame): Buffer {
  const { opcode, isFinal = true, reserved = 0, isMasked = true } = wanted
  const payload = wanted.payload ?? Buffer.from('{"type":"ping"}')
  const length = wanted.length ?? BigInt(payload.length)
  const bits = wanted.lengthBits ?? (length < 126n ? 7 : length < 65_536n ? 16 : 64)
  const header = Buffer.alloc(bits === 7 ? 2 : bits === 16 ? 4 : 10)
  header[0] = (isFinal ? 0x80 : 0) | (reserved << 4) | opcode
  header[1] = (isMasked ? 0x80 : 0) | (bits === 7 ? Number(length) : bits === 16 ? 126 : 127)
  if (bits === 16) header.writeUInt16BE(Number(length & 0xffffn), 2)
  if (bits === 64) header.writeBigUInt64BE(length, 2)
  if (!isMasked) return Buffer.concat([header, payload])
  const mask = chance.bytes(4)
  const masked = Buffer.from(payload.map((byte, at) => byte ^ (mask[at % 4] ?? 0)))
  return Buffer.concat([header, mask, masked])
}
