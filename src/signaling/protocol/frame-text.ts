/** Levels of nesting a frame may have (CONTRACT §3). */
export const MAX_FRAME_DEPTH = 32

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const COLON = 0x3a
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d

export type FrameText =
  /** `value` is the text of the wanted key's value, as the sender wrote it; null without that key. */
  | { readonly kind: 'ok'; readonly keys: number; readonly value: string | null }
  | { readonly kind: 'escaped_key' }
  | { readonly kind: 'too_deep' }

/**
 * Walks over the text of a JSON object and finds the text of one top-level value.
 *
 * What is relayed is this text: never decoded and encoded again, so that integers beyond 2^53
 * survive and a frame is paid for once. A key spelled with escapes is refused, for two parsers
 * might read it differently; the caller compares `keys` with what JSON.parse found, which tells
 * duplicates.
 *
 * @param text must have passed JSON.parse and be an object: this walk finds bounds, it judges nothing
 */
export function readFrameText(text: string, wanted: string): FrameText {
  let depth = 0
  let keys = 0
  let isKey = true
  let isWanted = false
  let start = 0
  let value: string | null = null
  for (let at = text.indexOf('{'); at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case QUOTE: {
        const end = endOfString(text, at)
        if (depth === 1 && isKey) {
          const key = text.slice(at + 1, end)
          if (key.includes('\\')) return { kind: 'escaped_key' }
          isWanted = key === wanted
          keys++
          isKey = false
        }
        at = end
        break
      }
      case COLON:
        if (depth === 1) start = at + 1
        break
      case OPEN_BRACE:
      case OPEN_BRACKET:
        depth++
        if (depth > MAX_FRAME_DEPTH) return { kind: 'too_deep' }
        break
      case CLOSE_BRACKET:
        depth--
        break
      case CLOSE_BRACE:
        depth--
        if (depth === 0 && isWanted) value = text.slice(start, at).trim()
        break
      case COMMA:
        if (depth !== 1) break
        if (isWanted) value = text.slice(start, at).trim()
        isWanted = false
        isKey = true
        break
    }
  }
  return { kind: 'ok', keys, value }
}

/** The index of the quote that ends the string whose opening quote is at `start`. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1)
  while (text.charCodeAt(end - 1) === BACKSLASH && isEscaped(text, end)) {
    end = text.indexOf('"', end + 1)
  }
  return end
}

/** A quote is escaped by an odd number of backslashes. */
function isEscaped(text: string, quote: number): boolean {
  let first = quote
  while (text.charCodeAt(first - 1) === BACKSLASH) first--
  return (quote - first) % 2 === 1
}
