export interface Value {
  readonly tag: number
  readonly content: Buffer
  readonly bytes: Buffer
}

/** The tag-length-values in a row, whatever is in them; null where lengths do not add up. */
export function valuesOf(bytes: Buffer): Value[] | null {
  const values: Value[] = []
  for (let at = 0; at < bytes.length;) {
    const value = valueAt(bytes, at)
    if (value === null) return null
    values.push(value)
    at += value.bytes.length
  }
  return values
}

function valueAt(bytes: Buffer, at: number): Value | null {
  const first = bytes[at + 1]
  if (first === undefined || first === 0x80 || first > 0x84) return null
  const size = first > 0x80 ? first - 0x80 : 0
  const start = at + 2 + size
  if (start > bytes.length) return null
  const length = size === 0 ? first : bytes.readUIntBE(at + 2, size)
  if (start + length > bytes.length) return null
  return {
    tag: bytes[at] ?? 0,
    content: bytes.subarray(start, start + length),
    bytes: bytes.subarray(at, start + length),
  }
}
