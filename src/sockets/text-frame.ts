/** A final text frame without a mask, as servers send it (RFC 6455 §5.2). */
const TEXT = 0x81
const LENGTH_FOLLOWS = 126
const MAX_SHORT_LENGTH = 125
const MAX_LENGTH = 0xffff

/**
 * A text frame, header and text, as a string of bytes (`latin1`); null when the text is not ASCII
 * or longer than 64 KiB.
 *
 * `ws` writes header and text one by one, each in a buffer of its own. A string of bytes needs no
 * buffer and one plain write, and writing is the larger part of what a frame costs
 * (docs/performance.md).
 */
export function asciiFrame(text: string): string | null {
  const { length } = text
  if (length > MAX_LENGTH || Buffer.byteLength(text) !== length) return null
  return length <= MAX_SHORT_LENGTH
    ? String.fromCharCode(TEXT, length) + text
    : String.fromCharCode(TEXT, LENGTH_FOLLOWS, length >> 8, length & 0xff) + text
}
