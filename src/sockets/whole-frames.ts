import { isAscii, isUtf8 } from 'node:buffer'

/** A final text frame, and the mark of a mask, as clients send them (RFC 6455 §5.2). */
const TEXT = 0x81
const MASKED = 0x80
const LENGTH_FOLLOWS = 126
const LONG_LENGTH_FOLLOWS = 127
const MASK_BYTES = 4
/** Shorter payloads are unmasked byte by byte: a view of words costs more than it saves. */
const WORTH_A_VIEW = 64

/** Whoever is told what the frames say. */
export interface TextReceiver {
  receiveText(text: string): void
}

/**
 * Takes the whole, final, masked text frames at the start of a chunk, which nearly all of them are,
 * and returns where the first byte lies that is not part of one. What is there (the start of a
 * frame, a fragment, a ping, a fault) is untouched and for `ws` to judge.
 *
 * Unmasks in place, four bytes at a time: `ws` without native add-ons takes one by one.
 *
 * @param chunk what came in, from a boundary between frames on
 * @param maxBytes longer frames are for `ws`, which closes with 1009
 */
export function takeTextFrames(chunk: Buffer, maxBytes: number, receiver: TextReceiver): number {
  let at = 0
  for (;;) {
    const start = startOfPayload(chunk, at)
    if (start === 0) return at
    const end = start + lengthOfPayload(chunk, at)
    if (end > chunk.length || end - start > maxBytes) return at
    unmask(chunk, start, end)
    const text = textOf(chunk.subarray(start, end))
    if (text === null) {
      // As it came: `ws` unmasks it again, and closes with 1007.
      unmask(chunk, start, end)
      return at
    }
    at = end
    receiver.receiveText(text)
  }
}

/** 0 if no frame of ours begins at `at`, or not all of its header is there. */
function startOfPayload(chunk: Buffer, at: number): number {
  const second = chunk[at + 1] ?? 0
  if (chunk[at] !== TEXT || second < MASKED) return 0
  const length = second - MASKED
  if (length === LONG_LENGTH_FOLLOWS) return 0
  const start = at + (length === LENGTH_FOLLOWS ? 4 : 2) + MASK_BYTES
  return start > chunk.length ? 0 : start
}

function lengthOfPayload(chunk: Buffer, at: number): number {
  const length = (chunk[at + 1] ?? 0) - MASKED
  return length === LENGTH_FOLLOWS ? ((chunk[at + 2] ?? 0) << 8) | (chunk[at + 3] ?? 0) : length
}

/** Null if it is no UTF-8. */
function textOf(payload: Buffer): string | null {
  if (isAscii(payload)) return payload.toString('latin1')
  return isUtf8(payload) ? payload.toString() : null
}

const maskBytes = new Uint8Array(MASK_BYTES)
/** The same four bytes, in the order in which this machine holds a word. */
const maskWord = new Int32Array(maskBytes.buffer)

/** The mask stands right before `start`. Twice is as not at all. */
export function unmask(bytes: Buffer, start: number, end: number): void {
  if (end - start < WORTH_A_VIEW) {
    unmaskBytes(bytes, start, start, end)
    return
  }
  // Words lie at multiples of four of the memory underneath.
  const firstWord = start + (-(bytes.byteOffset + start) & 3)
  const words = (end - firstWord) >> 2
  unmaskBytes(bytes, start, start, firstWord)
  for (let at = 0; at < MASK_BYTES; at++) maskBytes[at] = maskAt(bytes, start, firstWord + at)
  const word = maskWord[0] ?? 0
  const view = new Int32Array(bytes.buffer, bytes.byteOffset + firstWord, words)
  for (let at = 0; at < words; at++) view[at] = (view[at] ?? 0) ^ word
  unmaskBytes(bytes, start, firstWord + words * 4, end)
}

function unmaskBytes(bytes: Buffer, start: number, from: number, to: number): void {
  for (let at = from; at < to; at++) bytes[at] = (bytes[at] ?? 0) ^ maskAt(bytes, start, at)
}

function maskAt(bytes: Buffer, start: number, at: number): number {
  return bytes[start - MASK_BYTES + ((at - start) & 3)] ?? 0
}
