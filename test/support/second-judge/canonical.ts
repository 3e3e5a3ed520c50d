/**
 * DER by another way than the hub's reader: whatever BER can be read is written anew in DER, and what was
 * DER before is then the same bytes.
 */
export interface Tree {
  readonly tag: number
  readonly content: Buffer
  readonly bytes: Buffer
  /** Of constructed values. */
  readonly children: readonly Tree[]
}

const SEQUENCE = 0x30
const SET = 0x31

/** The value when the bytes are exactly one in DER; else null. */
export function derTree(bytes: Buffer): Tree | null {
  const read = readBer(bytes, 0)
  if (read === null || read.end !== bytes.length) return null
  return read.tree.bytes.equals(bytes) ? read.tree : null
}

/** The tags of the children, as text that a pattern can match. */
export function shapeOf({ children }: Tree): string {
  return children.map(({ tag }) => tag.toString(16).padStart(2, '0')).join(' ')
}

interface Read {
  readonly tree: Tree
  /** Where the next value begins. */
  readonly end: number
}

function readBer(bytes: Buffer, at: number): Read | null {
  const tag = bytes[at]
  const length = lengthAt(bytes, at + 1)
  if (tag === undefined || length === null || (tag & 0x1f) === 0x1f || tag === 0) return null
  const { start, end } = length
  if (end === null) {
    const inside = childrenUntilEnd(bytes, start)
    return inside === null ? null : { tree: constructed(tag, inside.children), end: inside.end }
  }
  if (end > bytes.length) return null
  if ((tag & 0x20) === 0) return { tree: primitive(tag, bytes.subarray(start, end)), end }
  const children = childrenIn(bytes.subarray(start, end))
  return children === null ? null : { tree: constructed(tag, children), end }
}

/** `end` is null for an indefinite length. */
function lengthAt(bytes: Buffer, at: number): { start: number; end: number | null } | null {
  const first = bytes[at]
  if (first === undefined) return null
  if (first < 0x80) return { start: at + 1, end: at + 1 + first }
  if (first === 0x80) return { start: at + 1, end: null }
  const start = at + 1 + (first & 0x7f)
  const digits = bytes.subarray(at + 1, start).toString('hex')
  if (start > bytes.length) return null
  return { start, end: start + Number(`0x${digits}`) }
}

function childrenIn(content: Buffer): Tree[] | null {
  const children: Tree[] = []
  for (let at = 0; at < content.length;) {
    const read = readBer(content, at)
    if (read === null) return null
    children.push(read.tree)
    at = read.end
  }
  return children
}

function childrenUntilEnd(bytes: Buffer, start: number): { children: Tree[]; end: number } | null {
  const children: Tree[] = []
  for (let at = start; at < bytes.length;) {
    if (bytes[at] === 0 && bytes[at + 1] === 0) return { children, end: at + 2 }
    const read = readBer(bytes, at)
    if (read === null) return null
    children.push(read.tree)
    at = read.end
  }
  return null
}

function constructed(tag: number, children: readonly Tree[]): Tree {
  const items = children.map(({ bytes }) => bytes)
  const sorted = tag === SET ? items.toSorted((a, b) => Buffer.compare(a, b)) : items
  const content = Buffer.concat(sorted)
  return { tag: derTagOf(tag), content, bytes: encoded(derTagOf(tag), content), children }
}

function primitive(tag: number, content: Buffer): Tree {
  const proper = PROPER[tag]?.(content) ?? content
  return { tag, content: proper, bytes: encoded(derTagOf(tag), proper), children: [] }
}

/** Universal SEQUENCE and SET are constructed and all other universal types primitive (X.690 §10.2). */
function derTagOf(tag: number): number {
  if (tag >= 0x40) return tag
  const base = tag & ~0x20
  return base === (SEQUENCE & ~0x20) || base === (SET & ~0x20) ? base | 0x20 : base
}

/** The one right content of a type; what has none becomes something else, and so no longer equal. */
const PROPER: Readonly<Record<number, (content: Buffer) => Buffer>> = {
  0x01: (content) => Buffer.from([content.every((byte) => byte === 0) ? 0 : 0xff]),
  0x02: (content) => shortestInteger(content),
  0x03: (content) => bitsWithoutRest(content),
  0x05: () => Buffer.alloc(0),
  0x06: (content) => shortestArcs(content),
}

/** Two's complement without bytes that only repeat the sign; an empty one becomes 0. */
function shortestInteger(content: Buffer): Buffer {
  const isNegative = (content[0] ?? 0) >= 0x80
  const redundant = isNegative ? /^(?:ff)+(?=[89a-f])/ : /^(?:00)+(?=[0-7])/
  const hex = content.toString('hex')
  const shortest = hex.replace(redundant, '')
  return Buffer.from(shortest === '' ? '00' : shortest, 'hex')
}

function bitsWithoutRest(content: Buffer): Buffer {
  const unused = content[0] ?? 0
  const bits = Buffer.from(content.subarray(1))
  if (unused > 7 || bits.length === 0) return Buffer.from([0])
  bits[bits.length - 1] = ((bits.at(-1) ?? 0) >> unused) << unused
  return Buffer.concat([Buffer.from([unused]), bits])
}

/** Arcs as numbers and back; a last one without an end gets one. */
function shortestArcs(content: Buffer): Buffer {
  const arcs: bigint[] = []
  let arc = 0n
  let isOpen = true
  for (const byte of content) {
    arc = arc * 128n + BigInt(byte & 0x7f)
    isOpen = byte >= 0x80
    if (isOpen) continue
    arcs.push(arc)
    arc = 0n
  }
  if (isOpen) arcs.push(arc)
  return Buffer.concat(arcs.map(septets))
}

function septets(arc: bigint): Buffer {
  const bytes = [Number(arc & 127n)]
  for (let rest = arc >> 7n; rest > 0n; rest >>= 7n) bytes.unshift(Number(rest & 127n) | 0x80)
  return Buffer.from(bytes)
}

function encoded(tag: number, content: Buffer): Buffer {
  if (content.length < 0x80) return Buffer.concat([Buffer.from([tag, content.length]), content])
  const digits = content.length.toString(16)
  const length = Buffer.from(digits.length % 2 === 1 ? `0${digits}` : digits, 'hex')
  return Buffer.concat([Buffer.from([tag, 0x80 | length.length]), length, content])
}
