import { generateKeyPairSync } from 'node:crypto'

import type { TestHub } from './hub.js'
import type { TestHubs } from './hubs.js'
import type { Frame, TestNode } from './test-node.js'

export const SHORT_ID_LENGTH = 'dpc-node-'.length + 16

/**
 * A node with a key that is quick to make: while a process makes an RSA key it does nothing else, and the
 * instances in it look dead to each other.
 */
export function quickNode(hub: TestHub | TestHubs, accountId?: number): Promise<TestNode> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const instance = 'next' in hub ? hub.next() : hub
  return instance.provenNode({
    key: privateKey,
    ...(accountId === undefined ? {} : { accountId }),
  })
}

export async function connectQuick(hub: TestHub | TestHubs, accountId?: number): Promise<TestNode> {
  const node = await quickNode(hub, accountId)
  await node.connect()
  return node
}

export function shortIdOf({ id }: TestNode): string {
  return id.slice(0, SHORT_ID_LENGTH)
}

/** Well-formed ids that belong to nobody, each with a short form of its own. */
export function strangers(count: number, first = 0): string[] {
  return Array.from({ length: count }, (_, n) => {
    const digits = String(first + n).padStart(16, '0')
    return `dpc-node-${digits}${digits}`
  })
}

/** What the hub says of a watched node. */
export function presence(node: TestNode | string, online: boolean): Frame {
  return { type: 'presence', node_id: idOf(node), online }
}

export function watch(watcher: TestNode, ...nodes: (TestNode | string)[]): void {
  watcher.send({ type: 'watch', node_ids: nodes.map(idOf) })
}

export function unwatch(watcher: TestNode, ...nodes: (TestNode | string)[]): void {
  watcher.send({ type: 'unwatch', node_ids: nodes.map(idOf) })
}

/** The next frames, by the nodes that they tell of: those of other instances may come later. */
export async function told(watcher: TestNode, count: number): Promise<Record<string, boolean>> {
  const online: Record<string, boolean> = {}
  for (let n = 0; n < count; n++) {
    const frame = await watcher.next()
    if (frame.type !== 'presence') throw new Error(`not presence: ${JSON.stringify(frame)}`)
    if (frame.node_id in online) throw new Error(`told twice: ${frame.node_id}`)
    online[frame.node_id] = frame.online
  }
  return online
}

/** Watches and takes the answers. */
export async function beginToWatch(
  watcher: TestNode,
  ...nodes: (TestNode | string)[]
): Promise<Record<string, boolean>> {
  watch(watcher, ...nodes)
  return told(watcher, new Set(nodes.map(idOf)).size)
}

export function setPresence(node: TestNode, setting: 'everyone' | 'nobody') {
  return node.fetch('PUT', '/profile', { name: 'n', presence: setting })
}

function idOf(node: TestNode | string): string {
  return typeof node === 'string' ? node : node.id
}
