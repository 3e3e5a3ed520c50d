import type { NodeId } from './node-id.js'

/** A registered node, as its connection and the answers about it need it. */
export interface ActorNode {
  /** SHA-256 of the DER SubjectPublicKeyInfo, hex: the node's full identity. */
  readonly spkiSha256: string
  /** As last registered: what others see. */
  readonly nodeId: NodeId
  readonly shortId: NodeId
  readonly longId: NodeId
  /** Its owner has signed with its key; without, the hub knows only that the certificate is sound. */
  readonly isProven: boolean
}

/** How a session began: by the classic login, as an OAuth client, or by the node key alone. */
export const SESSION_CLIENTS = ['classic', 'desktop', 'web', 'node'] as const

export type SessionClient = (typeof SESSION_CLIENTS)[number]

/** Whoever a request is made as: an account, in one session, with the node that session registered. */
export interface Actor {
  readonly accountId: number
  readonly sessionId: string
  readonly provider: string
  readonly client: SessionClient
  readonly node: ActorNode | null
  /** The session's absolute end, milliseconds since the epoch. */
  readonly sessionExpiresAt: number
  /** When a person logged in or a node key signed, milliseconds; null if the session has seen neither. */
  readonly authenticatedAt: number | null
  /** RFC 7638 thumbprint of the key that must sign with every token (RFC 9449); null: none must. */
  readonly dpopJkt: string | null
  /** Its profile says that nobody may see whether its nodes are connected. */
  readonly isHidden: boolean
}
