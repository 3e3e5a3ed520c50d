import { createHash, type KeyObject } from 'node:crypto'

import { z } from 'zod'

/**
 * `dpc-node-` and 16 or 32 lower-case hex characters of SHA-256 over the PEM text of the
 * node's public key (CONTRACT §2). Both lengths name the same node.
 */
export type NodeId = string & z.$brand<'NodeId'>

const PREFIX = 'dpc-node-'
/** Characters of the short form. */
export const SHORT_ID_LENGTH = PREFIX.length + 16

const NODE_ID = /^dpc-node-(?:[0-9a-f]{16}|[0-9a-f]{32})$/

export const nodeIdSchema = z
  .string()
  .regex(NODE_ID, 'expected dpc-node- and 16 or 32 lower-case hex characters')
  .brand<'NodeId'>()

function isNodeId(text: string): text is NodeId {
  return NODE_ID.test(text)
}

/** The short form of an id in either form; null for what is no node's id. */
export function shortIdOf(text: string): NodeId | null {
  const short = text.slice(0, SHORT_ID_LENGTH)
  return isNodeId(text) && isNodeId(short) ? short : null
}

/** Both forms of one key's id. `short` is a prefix of `long`. */
export interface NodeIds {
  readonly short: NodeId
  readonly long: NodeId
}

/** Derives both ids of a public key. Node's own SPKI PEM export yields exactly the bytes hashed. */
export function nodeIdsOf(publicKey: KeyObject): NodeIds {
  const pem = publicKey.export({ type: 'spki', format: 'pem' })
  const hex = createHash('sha256').update(pem).digest('hex')
  return {
    short: nodeIdSchema.parse(PREFIX + hex.slice(0, 16)),
    long: nodeIdSchema.parse(PREFIX + hex.slice(0, 32)),
  }
}

/** The node's full identity: SHA-256 of the DER SubjectPublicKeyInfo, lower-case hex. */
export function spkiSha256Of(publicKey: KeyObject): string {
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex')
}
