/** Bytes that are no strict DER. The message names the fault and its offset, never the bytes. */
export class DerError extends Error {}

/** One tag-length-value. Primitive values have no children. */
export interface DerValue {
  /** The identifier octet: class, constructed bit and number. */
  readonly tag: number
  readonly content: Buffer
  /** The whole value with its tag and length. */
  readonly bytes: Buffer
  readonly children: readonly DerValue[]
}

export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8String: 0x0c,
  printableString: 0x13,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const

/** The universal types that hold other values; DER gives no other in pieces. */
const CONSTRUCTED: ReadonlySet<number> = new Set([TAG.sequence, TAG.set])

/** Certificates nest about eight deep; a stranger's bytes must not use up the stack. */
const MAX_DEPTH = 16

/**
 * Reads exactly one value that fills `bytes` (X.690 §10 and §11): definite lengths in their shortest
 * form, low tag numbers, primitive strings, sorted sets. Two parsers can then not differ in what they see.
 *
 * @throws DerError
 */
export function readDer(bytes: Buffer): DerValue {
  const value = readValue(bytes, 0, MAX_DEPTH)
  if (value.bytes.length !== bytes.length)
    throw new DerError(`${bytes.length - value.bytes.length} bytes follow the end`)
  return value
}

/** `offset` counts from the start of the enclosing value's content. */
function readValue(bytes: Buffer, offset: number, depth: number): DerValue {
  if (depth === 0) throw new DerError(`values are nested deeper than ${MAX_DEPTH}`)
  const tag = byteAt(bytes, offset)
  if ((tag & 0x1f) === 0x1f || tag === 0) throw new DerError(`tag ${hex(tag)} is not used here`)
  const { length, start } = readLength(bytes, offset + 1)
  const end = start + length
  if (end > bytes.length)
    throw new DerError(
      `a value of ${length} bytes does not fit into the ${bytes.length - start} left`,
    )
  const content = bytes.subarray(start, end)
  const constructed = (tag & 0x20) !== 0
  const children = constructed ? readChildren(content, depth - 1) : []
  if (tag < 0x40) checkUniversal(tag, content, children)
  return { tag, content, bytes: bytes.subarray(offset, end), children }
}

function readChildren(content: Buffer, depth: number): DerValue[] {
  const children: DerValue[] = []
  for (let offset = 0; offset < content.length;) {
    const child = readValue(content, offset, depth)
    children.push(child)
    offset += child.bytes.length
  }
  return children
}

function readLength(bytes: Buffer, offset: number): { length: number; start: number } {
  const first = byteAt(bytes, offset)
  if (first < 0x80) return { length: first, start: offset + 1 }
  if (first === 0x80)
    throw new DerError('an indefinite length (BER) stands where DER wants a definite one')
  const size = first & 0x7f
  if (size > 4) throw new DerError(`a length of ${size} bytes is too long`)
  let length = 0
  for (let i = 1; i <= size; i += 1) length = length * 256 + byteAt(bytes, offset + i)
  if (length < 0x80 || length < 256 ** (size - 1))
    throw new DerError('a length is not in its shortest form')
  return { length, start: offset + 1 + size }
}

function checkUniversal(tag: number, content: Buffer, children: readonly DerValue[]): void {
  const constructed = (tag & 0x20) !== 0
  if (constructed !== CONSTRUCTED.has(tag | 0x20))
    throw new DerError(`tag ${hex(tag)} is ${constructed ? 'constructed' : 'primitive'}`)
  switch (tag) {
    case TAG.boolean:
      if (content.length !== 1 || (content[0] !== 0 && content[0] !== 0xff))
        throw new DerError('a BOOLEAN is neither 00 nor FF')
      return
    case TAG.integer: {
      checkInteger(content)
      return
    }
    case TAG.bitString: {
      checkBitString(content)
      return
    }
    case TAG.null:
      if (content.length !== 0) throw new DerError('a NULL is not empty')
      return
    case TAG.oid: {
      checkOid(content)
      return
    }
    case TAG.set: {
      checkSorted(children)
      return
    }
  }
}

function checkInteger(content: Buffer): void {
  const [first, second] = content
  if (first === undefined) throw new DerError('an INTEGER is empty')
  if (second === undefined) return
  if ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80))
    throw new DerError('an INTEGER is not in its shortest form')
}

function checkBitString(content: Buffer): void {
  const unused = content[0]
  const last = content.at(-1)
  if (unused === undefined || last === undefined) throw new DerError('a BIT STRING is empty')
  if (unused > 7 || (content.length === 1 && unused > 0))
    throw new DerError('a BIT STRING has a wrong count of unused bits')
  if (content.length > 1 && (last & ((1 << unused) - 1)) !== 0)
    throw new DerError('a BIT STRING has unused bits that are not zero')
}

function checkOid(content: Buffer): void {
  let startsArc = true
  for (const byte of content) {
    if (startsArc && byte === 0x80)
      throw new DerError('an OBJECT IDENTIFIER is not in its shortest form')
    startsArc = byte < 0x80
  }
  if (content.length === 0 || !startsArc) throw new DerError('an OBJECT IDENTIFIER is cut short')
}

function checkSorted(children: readonly DerValue[]): void {
  children.forEach((child, index) => {
    const before = children[index - 1]
    if (before !== undefined && Buffer.compare(before.bytes, child.bytes) > 0)
      throw new DerError('a SET is not sorted')
  })
}

function byteAt(bytes: Buffer, offset: number): number {
  const byte = bytes[offset]
  if (byte === undefined) throw new DerError('the bytes end in the middle of a value')
  return byte
}

function hex(tag: number): string {
  return tag.toString(16).padStart(2, '0')
}

/** Takes the fields of a constructed value one after another. Each fault is a DerError. */
export class DerFields {
  private next = 0

  constructor(
    private readonly value: DerValue,
    private readonly name: string,
  ) {}

  take(tag: number, field: string): DerValue {
    const child = this.takeIf(tag)
    if (child !== null) return child
    const found = this.value.children[this.next]
    throw new DerError(
      `${this.name}: expected ${field} (tag ${hex(tag)}), found ${found === undefined ? 'its end' : `tag ${hex(found.tag)}`}`,
    )
  }

  takeIf(tag: number): DerValue | null {
    const child = this.value.children[this.next]
    if (child?.tag !== tag) return null
    this.next += 1
    return child
  }

  end(): void {
    const found = this.value.children[this.next]
    if (found !== undefined)
      throw new DerError(`${this.name}: expected its end, found tag ${hex(found.tag)}`)
  }
}

/** The bytes of a BIT STRING that holds whole bytes. */
export function wholeBytes(bitString: DerValue): Buffer {
  if (bitString.content[0] !== 0) throw new DerError('a BIT STRING does not hold whole bytes')
  return bitString.content.subarray(1)
}

/** The dotted form of an OBJECT IDENTIFIER. */
export function dotted(oid: DerValue): string {
  const arcs: bigint[] = []
  let arc = 0n
  for (const byte of oid.content) {
    arc = (arc << 7n) | BigInt(byte & 0x7f)
    if (byte >= 0x80) continue
    arcs.push(arc)
    arc = 0n
  }
  const [head = 0n, ...rest] = arcs
  const first = head < 80n ? head / 40n : 2n
  return [first, head - first * 40n, ...rest].join('.')
}
