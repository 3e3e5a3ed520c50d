import type { NodeId } from './node-id.js'

/** A registered node, as its connection and the answers about it need it. */
export interface ActorNode {
  /** SHA-256 of the DER SubjectPublicKeyInfo, hex: the node's full identity. */
  readonly spkiSha256: string
  /** As last registered: what others see. */
  readonly nodeId: NodeId
  readonly shortId: NodeId
  readonly longId: NodeId
}

/** Whoever a request is made as: an account, in one session, with the node that session registered. */
export interface Actor {
  readonly accountId: number
  readonly sessionId: string
  readonly provider: string
  readonly node: ActorNode | null
  /** The session's absolute end, milliseconds since the epoch. */
  readonly sessionExpiresAt: number
}
