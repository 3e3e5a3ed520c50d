import * as der from '../../../support/der.js'

import type { Dice } from './dice.js'
import { valuesOf, type Value } from './values.js'

/** A value taken apart, so that it can be put together wrongly. */
interface Node {
  tag: number
  content: Buffer | Node[]
  form: 'shortest' | 'long' | 'indefinite'
}

const TAGS = [
  0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x09, 0x0a, 0x0c, 0x13, 0x16, 0x17, 0x18, 0x1e, 0x23, 0x30,
  0x31, 0x80, 0x81, 0xa0, 0xa1, 0xa3,
] as const

type Operation = (node: Node, parent: Node[], at: number, dice: Dice) => void

const OPERATIONS: Readonly<Record<string, Operation>> = {
  remove: (_, parent, at) => parent.splice(at, 1),
  double: (node, parent, at) => parent.splice(at, 0, copyOf(node)),
  'exchange with a sibling': (node, parent, at, dice) => {
    const other = dice.below(parent.length)
    parent[at] = parent[other] ?? node
    parent[other] = node
  },
  'give another tag': (node, _, __, dice) => {
    node.tag = dice.pick(TAGS)
  },
  'write the length longer': (node) => {
    node.form = 'long'
  },
  'leave the length open': (node) => {
    node.form = 'indefinite'
  },
  'insert a NULL': (_, parent, at) => parent.splice(at, 0, leaf(0x05)),
  'insert an empty SEQUENCE': (_, parent, at) => parent.splice(at, 0, leaf(0x30)),
  'insert a context value': (_, parent, at, dice) =>
    parent.splice(at, 0, leaf(dice.pick([0x80, 0x81, 0x82]), Buffer.from([0, 1]))),
  wrap: (node, parent, at, dice) => {
    const tag = dice.pick([0x30, 0x31, 0xa0, (node.tag & 0x1f) | 0x20])
    parent[at] = { tag, content: [node], form: 'shortest' }
  },
  'add a byte': (node, _, __, dice) =>
    change(node, (bytes) => Buffer.concat([bytes, dice.bytes(1)])),
  'put a zero byte before': (node) =>
    change(node, (bytes) => Buffer.concat([Buffer.alloc(1), bytes])),
  'cut a byte off': (node) => change(node, (bytes) => bytes.subarray(0, -1)),
  empty: (node) => change(node, () => Buffer.alloc(0)),
  'flip a bit': (node, _, __, dice) =>
    change(node, (bytes) => {
      const changed = Buffer.from(bytes)
      const index = dice.below(Math.max(changed.length, 1))
      changed[index] = (changed[index] ?? 0) ^ (1 << dice.below(8))
      return changed
    }),
}

/** Does one to three operations anywhere in the value; returns their names with the bytes. */
export function operated(bytes: Buffer, dice: Dice): { bytes: Buffer; done: string[] } {
  const [value] = valuesOf(bytes) ?? []
  if (value === undefined) return { bytes, done: [] }
  const root = read(value)
  const done: string[] = []
  for (
    let count = dice.weighted([
      [6, 1],
      [2, 2],
      [1, 3],
    ]);
    count > 0;
    count -= 1
  ) {
    const places = placesIn(root)
    if (places.length === 0) break
    const [parent, at] = dice.pick(places)
    const node = parent[at]
    const name = dice.pick(Object.keys(OPERATIONS))
    if (node !== undefined) OPERATIONS[name]?.(node, parent, at, dice)
    done.push(name)
  }
  return { bytes: write(root), done }
}

function leaf(tag: number, content = Buffer.alloc(0)): Node {
  return { tag, content, form: 'shortest' }
}

function change(node: Node, turn: (bytes: Buffer) => Buffer): void {
  node.content = turn(Buffer.isBuffer(node.content) ? node.content : contentOf(node))
}

function placesIn(root: Node): [Node[], number][] {
  if (Buffer.isBuffer(root.content)) return []
  const siblings = root.content
  return siblings.flatMap((node, at) => [[siblings, at], ...placesIn(node)] as [Node[], number][])
}

function copyOf(node: Node): Node {
  const { content } = node
  return { ...node, content: Buffer.isBuffer(content) ? content : content.map(copyOf) }
}

function read({ tag, content }: Value): Node {
  const children = (tag & 0x20) === 0 ? null : valuesOf(content)
  return { tag, content: children?.map(read) ?? content, form: 'shortest' }
}

function contentOf({ content }: Node): Buffer {
  return Buffer.isBuffer(content) ? content : Buffer.concat(content.map(write))
}

function write(node: Node): Buffer {
  const content = contentOf(node)
  if (node.form === 'shortest') return der.tlv(node.tag, content)
  if (node.form === 'indefinite')
    return Buffer.concat([Buffer.from([node.tag, 0x80]), content, Buffer.alloc(2)])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(content.length)
  return Buffer.concat([Buffer.from([node.tag, 0x84]), length, content])
}
